/* Narrows the menu by name or pinyin initials; Enter opens the first line left. */
class MenuFilter extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.input = this.querySelector("input");
    this.lines = Array.from(this.parentElement.querySelectorAll(".menu-group .menu-link"));
    this.input.addEventListener("input", () => this.narrow());
    this.input.addEventListener("keydown", (event) => this.open(event));
  }

  narrow() {
    const wanted = this.input.value.trim().toLowerCase();
    for (const line of this.lines) {
      const words = `${line.textContent} ${line.dataset.initials}`.toLowerCase();
      line.parentElement.hidden = Boolean(wanted) && !words.includes(wanted);
    }
    for (const group of this.parentElement.querySelectorAll(".menu-group")) {
      group.hidden = !group.querySelector("li:not([hidden])");
    }
  }

  open(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      this.input.value = "";
      this.narrow();
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (this.input.value.trim()) this.lines.find((line) => !line.parentElement.hidden)?.click();
  }
}

customElements.define("menu-filter", MenuFilter);
