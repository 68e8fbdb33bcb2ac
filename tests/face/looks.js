// Looks at the page it is evaluated in; answers with lines of text.
(question) => {
  const isShown = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const named = (e) => {
    const classes = (e.getAttribute("class") || "").trim();
    const id = e.id ? `#${e.id}` : "";
    return e.tagName.toLowerCase() + id + (classes && `.${classes.split(/\s+/).join(".")}`);
  };

  // What lies between an element and the page may scroll or clip it.
  const isContained = (e) => {
    for (let up = e.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  const outside = (e, box) => box.right > innerWidth + 1 && !isContained(e);
  const cut = (e, style) =>
    ["hidden", "clip"].includes(style.overflowX) &&
    style.textOverflow !== "ellipsis" &&
    e.scrollWidth > e.clientWidth + 1 &&
    e.innerText?.trim();

  const broken = () => {
    const found = [];
    const wide = document.scrollingElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 1) found.push(`the page scrolls sideways by ${wide} px`);
    for (const e of document.body.querySelectorAll("*")) {
      const box = e.getBoundingClientRect();
      const style = getComputedStyle(e);
      if (!box.width || !box.height || style.visibility === "hidden") continue;
      if (!e.checkVisibility()) continue; // inside a closed <details>
      if (e.closest("svg, .visually-hidden, .skip-link, [hidden], script, style")) continue;
      if (outside(e, box)) found.push(`${named(e)} ends at ${Math.round(box.right)}`);
      if (cut(e, style)) found.push(`${named(e)} cuts its text off`);
    }
    return found.slice(0, 8);
  };

  // Text that runs past the border of the box it stands in, where nothing cuts it off.
  const boxes = "button, .button, .tag, .badge, summary, a, .choice, .lamp, label, th, td";
  const isHiddenText = (node) => {
    if (!isShown(node.parentElement)) return true;
    for (let up = node.parentElement; up; up = up.parentElement)
      if (getComputedStyle(up).clipPath !== "none") return true;
    return false;
  };
  const runsPast = (e, box) => {
    const texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
      if (!texts.currentNode.data.trim() || isHiddenText(texts.currentNode)) continue;
      range.selectNodeContents(texts.currentNode);
      for (const line of range.getClientRects())
        if (line.right > box.right + 1 || line.left < box.left - 1) return true;
    }
    return false;
  };
  const spilled = () =>
    [...document.querySelectorAll(boxes)]
      .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1)
      .filter((e) => getComputedStyle(e).overflowX === "visible" && !e.matches(".visually-hidden"))
      .filter((e) => runsPast(e, e.getBoundingClientRect()))
      .map((e) => `${named(e)} is narrower than its text`);

  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const targets = () =>
    [...document.querySelector("main").querySelectorAll(controls)]
      // Open pages are a convenience of wide windows; the menu leads there from every window.
      .filter((e) => isShown(e) && !e.closest(".page-tabs"))
      .map((e) => `${e.tagName} ${e.name || ""} ${e.getAttribute("href") || e.textContent.trim()}`);

  const covered = () => {
    const found = [];
    for (const e of document.querySelectorAll(controls)) {
      if (!isShown(e) || e.disabled) continue;
      e.focus();
      const box = e.getClientRects()[0];
      if (document.activeElement !== e || !box) continue;
      const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1);
      const y = Math.min(Math.max(box.y + Math.min(box.height / 2, 60), 1), innerHeight - 1);
      const top = document.elementFromPoint(x, y);
      const isFree = top && (e.contains(top) || top.contains(e) || top.closest("label")?.control === e);
      if (!isFree) found.push(`${named(e)} ${e.name || ""} lies under ${top && named(top)}`);
    }
    return found;
  };

  return { broken, spilled, targets, covered }[question]();
}
