/* The tree of things to choose, by the ARIA tree pattern: arrows walk and open,
   space and Enter choose. A level is fetched when it is first opened. */
class ChoiceTree extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.press(event));
    const first = this.querySelector('[role="treeitem"]');
    if (first) first.tabIndex = 0;
  }

  visible() {
    return [...this.querySelectorAll('[role="treeitem"]')].filter((line) => line.offsetParent);
  }

  walk(line) {
    if (!line) return;
    for (const other of this.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    line.tabIndex = 0;
    line.focus();
  }

  press(event) {
    const line = event.target.closest('[role="treeitem"]');
    if (!line) return;
    const isFold = event.target.closest(".party-fold .icon") || !line.dataset.value;
    if (isFold) this.open(line, line.getAttribute("aria-expanded") === "false");
    else this.choose(line);
    this.walk(line);
  }

  key(event) {
    const line = event.target.closest('[role="treeitem"]');
    if (!line || event.isComposing || event.altKey || event.ctrlKey) return;
    const lines = this.visible();
    const at = lines.indexOf(line);
    const isOpen = line.getAttribute("aria-expanded") === "true";
    const acts = {
      ArrowDown: () => this.walk(lines[at + 1]),
      ArrowUp: () => this.walk(lines[at - 1]),
      Home: () => this.walk(lines[0]),
      End: () => this.walk(lines[lines.length - 1]),
      ArrowRight: () => (isOpen ? this.walk(lines[at + 1]) : this.open(line, true)),
      ArrowLeft: () => (isOpen ? this.open(line, false) : this.walk(line.parentElement.closest('[role="treeitem"]'))),
      Enter: () => this.act(line, isOpen),
      " ": () => this.act(line, isOpen),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  act(line, isOpen) {
    if (line.dataset.value) this.choose(line);
    else this.open(line, !isOpen);
  }

  choose(line) {
    const { value, kind, label, detail } = line.dataset;
    const isChosen = line.getAttribute("aria-checked") !== "true";
    this.dispatchEvent(new CustomEvent("choice", { bubbles: true, detail: { value, kind, label, detail, isChosen } }));
  }

  async open(line, isOpen) {
    if (!line.hasAttribute("aria-expanded")) return;
    const level = line.querySelector('[role="group"]');
    line.setAttribute("aria-expanded", String(isOpen));
    level.hidden = !isOpen;
    if (!isOpen || level.children.length) return;
    const below = Number(line.getAttribute("aria-level")) + 1;
    const wanted = new CustomEvent("level", { bubbles: true, detail: { unit: line.dataset.unit, below, level } });
    this.dispatchEvent(wanted);
  }
}

customElements.define("choice-tree", ChoiceTree);
