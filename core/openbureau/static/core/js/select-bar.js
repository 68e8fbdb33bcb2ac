/* Counts what is chosen in the list that sends its boxes with this bar's form. Taking one
   row out again ends "everything that matches". */
class SelectBar extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.count = this.querySelector(".select-count");
    document.addEventListener("change", this);
    this.show();
  }

  disconnectedCallback() {
    document.removeEventListener("change", this);
  }

  handleEvent(event) {
    const changed = event.target;
    if (changed.hasAttribute?.("data-page")) this.all(false);
    else if (changed.form !== this.form) return;
    else if (changed.name === this.form.elements.select_all?.name) this.rows(changed.checked);
    else this.all(false);
    this.show();
  }

  get boxes() {
    return Array.from(this.form.elements).filter((box) => box.closest(".cell-pick"));
  }

  all(isChecked) {
    if (this.form.elements.select_all) this.form.elements.select_all.checked = isChecked;
  }

  rows(isChecked) {
    for (const box of this.boxes) box.checked = isChecked;
    for (const table of new Set(this.boxes.map((box) => box.closest("row-table")))) table?.show();
  }

  show() {
    const isAll = this.form.elements.select_all?.checked;
    const chosen = this.boxes.filter((box) => box.checked).length;
    const total = isAll ? Number(this.count.dataset.total) : chosen;
    this.count.hidden = total === 0;
    this.count.textContent = this.count.dataset.words.replace("{total}", total.toLocaleString("en"));
  }
}

customElements.define("select-bar", SelectBar);
