/* Ctrl+S keeps the form, Ctrl+Enter sends it, Escape closes menus, ? shows the keys.
   Nothing happens while an input method composes, nor for ? while somebody writes. */
class Shortcuts {
  handleEvent(event) {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (event.key === "Escape") this.closeMenus();
    else if (event.ctrlKey && event.code === "KeyS" && !event.altKey) this.keep(event);
    else if (event.ctrlKey && event.key === "Enter") this.send(event);
    else if (["?", "？"].includes(event.key) && !this.isWriting(event.target)) this.explain(event);
  }

  closeMenus() {
    for (const menu of document.querySelectorAll("menu-button details[open]")) menu.open = false;
  }

  keep(event) {
    const kept = document.querySelector("draft-keeper")?.current;
    if (!kept) return;
    event.preventDefault();
    kept.save({ isAsked: true });
  }

  send(event) {
    const form = event.target.form ?? document.querySelector("draft-keeper")?.current?.form;
    if (form?.getAttribute("method") !== "post") return;
    const buttons = Array.from(form.elements).filter((field) => field.type === "submit");
    const primary = buttons.find((button) => button.matches(".button-primary"));
    if (!primary) return;
    event.preventDefault();
    primary.click();
  }

  explain(event) {
    if (event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    document.querySelector('dialog-link a[href="/-/keys"]')?.click();
  }

  isWriting(target) {
    return target.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=submit])") || target.isContentEditable;
  }
}

addEventListener("keydown", new Shortcuts());
