/* Brings the current entry of a tall tree into sight inside its own box. */
class TreeView extends HTMLElement {
  connectedCallback() {
    const current = this.querySelector("[aria-current]");
    if (!current || this.scrollHeight <= this.clientHeight) return;
    const offset = current.getBoundingClientRect().top - this.getBoundingClientRect().top;
    this.scrollTop += offset - this.clientHeight / 3;
  }
}

customElements.define("tree-view", TreeView);
