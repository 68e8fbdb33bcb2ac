/* Rows of a list: a double click opens the row's first link, boxes colour their row,
   Shift extends a choice, the box in the head takes the page. Arrow keys (j and k anywhere on
   the page) go from one row's link to the next, Space takes the row's box; the address keeps
   the row that was opened, so that the way back leads to it. */
const WRITING = "input:not([type=checkbox]), textarea, select, summary, dialog, [contenteditable]";

class RowTable extends HTMLElement {
  connectedCallback() {
    this.page = this.querySelector("[data-page]");
    this.addEventListener("dblclick", (event) => this.open(event));
    this.addEventListener("click", (event) => this.extend(event));
    this.addEventListener("change", (event) => this.choose(event));
    this.addEventListener("scroll", () => this.toggleAttribute("data-scrolled", this.scrollLeft > 0));
    document.addEventListener("keydown", this);
    if (this.page) this.page.hidden = false;
    this.show();
    // The browser goes to the row named in the address until the page is loaded.
    if (document.readyState === "complete") this.resume();
    else addEventListener("load", () => requestAnimationFrame(() => this.resume()), { once: true });
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this);
  }

  get boxes() {
    return Array.from(this.querySelectorAll("tbody .cell-pick input"));
  }

  get links() {
    return Array.from(this.querySelectorAll("tbody .cell-main a[href]"));
  }

  handleEvent(event) {
    const isPlain = !(event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey);
    if (!isPlain || event.defaultPrevented || event.target.closest?.(WRITING)) return;
    const table = document.activeElement?.closest("row-table") ?? document.querySelector("row-table");
    if (table !== this) return;
    const place = this.place(event.key);
    if (place !== undefined) this.move(this.links[place]);
    else if (event.key !== " " || !this.take(event.target)) return;
    event.preventDefault();
  }

  place(key) {
    const last = this.links.length - 1;
    const at = this.links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    if (last < 0 || (at < 0 && !"jk".includes(key))) return undefined;
    if (["j", "ArrowDown"].includes(key)) return Math.min(at + 1, last);
    if (["k", "ArrowUp"].includes(key)) return Math.max(at - 1, 0);
    return { Home: 0, End: last }[key];
  }

  move(link) {
    link.focus({ preventScroll: true });
    link.closest("tr").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  take(target) {
    const box = target.matches("a[href]") && target.closest("tbody tr")?.querySelector(".cell-pick input");
    if (box) box.click();
    return box;
  }

  resume() {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !this.contains(row) || document.activeElement !== document.body) return;
    row.querySelector(".cell-main a[href]")?.focus({ preventScroll: true });
  }

  open(event) {
    if (event.target.closest("a, button, input, label, summary")) return;
    event.target.closest("tbody tr")?.querySelector("a[href]")?.click();
  }

  extend(event) {
    this.mark(event.target.closest(".cell-main a[href]"));
    const boxes = this.boxes;
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && this.last >= 0) {
      const [from, to] = [Math.min(place, this.last), Math.max(place, this.last)];
      for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
    }
    this.last = place;
  }

  mark(link) {
    const row = link?.closest("tr");
    if (row?.id) history.replaceState(history.state, "", `#${row.id}`);
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
