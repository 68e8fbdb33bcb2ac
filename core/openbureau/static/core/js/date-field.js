/* A typed date: says in words what was understood, and opens a month beside
   it. The month comes from the server, which knows the days of rest. */
class DateField extends HTMLElement {
  static moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

  connectedCallback() {
    this.box = this.querySelector(".input-date");
    this.button = this.querySelector(".date-open");
    this.native = this.querySelector(".date-native");
    this.panel = this.querySelector(".date-panel");
    this.words = this.querySelector(".date-words");
    this.date = /^\d{4}-\d\d-\d\d$/.test(this.box.value) ? this.box.value : "";
    const isTouched = matchMedia("(pointer: coarse)").matches;
    const isFixed = this.box.disabled || this.box.readOnly;
    this.native.hidden = isFixed || !isTouched;
    this.button.hidden = isFixed || isTouched;
    this.box.addEventListener("change", () => this.read());
    this.native.addEventListener("change", () => this.choose(this.native.value, this.native));
    this.button.addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    this.panel.addEventListener("click", (event) => this.press(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.contains(event.relatedTarget)) this.close();
    });
  }

  async read() {
    const text = encodeURIComponent(this.box.value);
    try {
      this.words.innerHTML = await fetchedPart(`/-/calendar/read?nearest=${this.dataset.nearest}&text=${text}`);
    } catch {
      this.words.textContent = ""; /* the form says it when it is sent */
    }
    this.date = this.words.querySelector("[data-date]")?.dataset.date ?? "";
  }

  async open(date = this.date) {
    const month = date ? `month=${date.slice(0, 7)}&chosen=${this.date}` : "";
    this.panel.innerHTML = await fetchedPart(`/-/calendar?${month}`);
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    const today = this.panel.querySelector("[aria-current]");
    this.focusDay(this.day(date) ?? today ?? this.panel.querySelector("[data-date]"));
  }

  close(isBack = false) {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (isBack) this.button.focus();
  }

  day(date) {
    return date && this.panel.querySelector(`[data-date="${date}"]`);
  }

  focusDay(cell) {
    for (const other of this.panel.querySelectorAll("[data-date]")) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  }

  choose(date, back) {
    if (!date) return;
    this.box.value = date;
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
    this.box.dispatchEvent(new Event("change", { bubbles: true }));
    this.close();
    back.focus();
  }

  press(event) {
    const step = event.target.closest("[data-month]");
    const cell = event.target.closest("[data-date]");
    if (step) {
      event.preventDefault();
      this.open(`${step.dataset.month}-01`);
    } else if (cell) this.choose(cell.dataset.date, this.button);
  }

  key(event) {
    if (event.isComposing) return;
    const cell = event.target.closest("[data-date]");
    if (event.key === "Escape" && !this.panel.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close(true);
    } else if (event.target === this.box && event.altKey && event.key === "ArrowDown") {
      event.preventDefault();
      this.open();
    } else if (cell) this.move(event, cell);
  }

  move(event, cell) {
    const { date } = cell.dataset;
    const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
    const days = { ...DateField.moves, Home: -weekday, End: 6 - weekday, PageUp: -28, PageDown: 28 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.choose(date, this.button);
    else if (days === undefined) return;
    else this.go(this.shifted(date, days), date);
    event.preventDefault();
  }

  shifted(date, days) {
    const moved = new Date(`${date}T00:00:00Z`);
    moved.setUTCDate(moved.getUTCDate() + days);
    return moved.toISOString().slice(0, 10);
  }

  go(date, from) {
    const cell = this.day(date);
    if (cell && date.slice(0, 7) === from.slice(0, 7)) this.focusDay(cell);
    else this.open(date);
  }
}

class DateRange extends HTMLElement {
  connectedCallback() {
    this.boxes = this.querySelectorAll(".input-date");
    this.addEventListener("change", (event) => {
      if (event.target.type === "radio") this.fill(event.target.dataset);
      else if (event.target.matches(".input-date")) this.querySelector('input[type="radio"]').checked = true;
    });
  }

  fill({ first, last }) {
    if (!first) return;
    [first, last].forEach((date, index) => {
      this.boxes[index].value = date;
      this.boxes[index].closest("date-field").date = date;
    });
  }
}

customElements.define("date-field", DateField);
customElements.define("date-range", DateRange);
