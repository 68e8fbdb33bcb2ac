/* What is chosen: its boxes are what the form sends. Lines change places by
   buttons or by dragging, and leave by a button; every change is told. */
class ChosenList extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("ol");
    this.pattern = this.querySelector("template").content.firstElementChild;
    this.isMultiple = "multiple" in this.dataset;
    for (const line of this.list.children) this.equip(line);
    this.addEventListener("click", (event) => {
      const tool = event.target.closest(".picker-tool");
      if (tool) this.move(tool.closest("li"), Number(tool.dataset.step), tool);
    });
    this.carry();
  }

  values() {
    return Array.from(this.querySelectorAll("input"), (box) => box.value);
  }

  add({ value, kind, label, detail }) {
    if (this.values().includes(value)) return;
    if (!this.isMultiple) this.list.replaceChildren();
    const line = this.pattern.cloneNode(true);
    line.dataset.kind = kind;
    line.querySelector("input").value = value;
    line.querySelector(".picker-label").textContent = label;
    line.querySelector(".picker-detail").textContent = detail;
    this.equip(line);
    this.list.append(line);
    this.tell();
  }

  remove(value) {
    for (const box of this.querySelectorAll("input")) {
      if (box.value === value) box.closest("li").remove();
    }
    this.tell();
  }

  equip(line) {
    line.querySelector(".picker-tools").hidden = false;
    line.querySelector("input").hidden = true;
    line.draggable = this.isMultiple;
    const label = line.querySelector(".picker-label").textContent;
    for (const tool of line.querySelectorAll(".picker-tool")) {
      tool.setAttribute("aria-label", `${tool.getAttribute("aria-label")} ${label}`);
    }
  }

  move(line, step, tool) {
    const next = line.nextElementSibling;
    const previous = line.previousElementSibling;
    if (step < 0) previous?.before(line);
    if (step > 0) next?.after(line);
    if (step) tool.focus();
    else {
      line.remove();
      (next ?? previous)?.querySelector('[data-step="0"]').focus();
    }
    this.tell();
  }

  carry() {
    this.list.addEventListener("dragstart", (event) => (this.carried = event.target.closest("li")));
    this.list.addEventListener("dragover", (event) => {
      const line = event.target.closest("li");
      if (!this.carried || !line || line === this.carried) return;
      event.preventDefault();
      const isBehind = line.compareDocumentPosition(this.carried) & Node.DOCUMENT_POSITION_FOLLOWING;
      line[isBehind ? "before" : "after"](this.carried);
    });
    this.list.addEventListener("dragend", () => {
      this.carried = null;
      this.tell();
    });
  }

  tell() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("chosen-list", ChosenList);
