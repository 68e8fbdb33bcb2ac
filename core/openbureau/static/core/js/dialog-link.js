/* Shows the page a link leads to as a dialog above this one. The page is fetched once;
   Escape, a click beside it and a link back to this page close the dialog, and the focus
   goes back to the link.
   A page without a dialog's markup, or a lost network, is simply gone to. */
class DialogLink extends HTMLElement {
  connectedCallback() {
    this.link = this.querySelector("a");
    this.link.setAttribute("aria-haspopup", "dialog");
    this.addEventListener("click", (event) => this.open(event));
  }

  async open(event) {
    if (event.target.closest("dialog") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.dialog ??= this.fetch();
    const dialog = await this.dialog;
    if (dialog) dialog.showModal();
    else location.assign(this.link.href);
  }

  async fetch() {
    try {
      const answer = await fetch(this.link.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const content = page.querySelector("[data-dialog]");
      return answer.ok && content ? this.build(document.adoptNode(content)) : null;
    } catch {
      return null;
    }
  }

  build(content) {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    dialog.setAttribute("aria-label", content.querySelector("h1")?.textContent ?? "");
    dialog.append(this.closer(dialog), content);
    dialog.addEventListener("click", (event) => {
      const isBack = event.target.closest("a")?.href === location.href;
      if (event.target !== dialog && !isBack) return;
      event.preventDefault();
      dialog.close();
    });
    this.append(dialog);
    window.htmx?.process(dialog);
    return dialog;
  }

  closer(dialog) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dialog-close";
    button.setAttribute("aria-label", this.dataset.close);
    button.textContent = "×";
    button.addEventListener("click", () => dialog.close());
    return button;
  }
}

customElements.define("dialog-link", DialogLink);
