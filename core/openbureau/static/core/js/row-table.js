/* Rows of a list: a double click opens the row's first link, boxes colour their row,
   Shift extends a choice, the box in the head takes the page. */
class RowTable extends HTMLElement {
  connectedCallback() {
    this.page = this.querySelector("[data-page]");
    this.addEventListener("dblclick", (event) => this.open(event));
    this.addEventListener("click", (event) => this.extend(event));
    this.addEventListener("change", (event) => this.choose(event));
    if (this.page) this.page.hidden = false;
    this.show();
  }

  get boxes() {
    return Array.from(this.querySelectorAll("tbody .cell-pick input"));
  }

  open(event) {
    if (event.target.closest("a, button, input, label, summary")) return;
    event.target.closest("tbody tr")?.querySelector("a[href]")?.click();
  }

  extend(event) {
    const boxes = this.boxes;
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && this.last >= 0) {
      const [from, to] = [Math.min(place, this.last), Math.max(place, this.last)];
      for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
    }
    this.last = place;
  }

  choose(event) {
    if (event.target === this.page) {
      for (const box of this.boxes) box.checked = this.page.checked;
    }
    this.show();
  }

  show() {
    const boxes = this.boxes;
    const chosen = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest("tr").toggleAttribute("data-chosen", box.checked);
    if (!this.page) return;
    this.page.checked = boxes.length > 0 && chosen.length === boxes.length;
    this.page.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
}

customElements.define("row-table", RowTable);
