/* Opens what belongs on paper while the page is printed, and closes it again. */
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details[data-print]:not([open])")) {
    fold.open = true;
    fold.dataset.print = "opened";
  }
});

addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll('details[data-print="opened"]')) {
    fold.open = false;
    fold.dataset.print = "";
  }
});
