/* Chosen, dropped and pasted files are sent at once, one after the other; the
   form then sends only what the server gave for each. */
class FileField extends HTMLElement {
  static keptMs = 172800000;

  connectedCallback() {
    this.input = this.querySelector('input[type="file"]');
    this.list = this.querySelector(".upload-list");
    this.note = this.querySelector(".upload-note");
    this.form = this.input.form;
    this.last = Promise.resolve();
    this.rows = new Set();
    if (!this.form || this.input.disabled) return;
    this.input.required = false;
    this.querySelector(".upload-hint").hidden = false;
    this.input.addEventListener("change", () => this.take(this.input.files, true));
    this.addEventListener("dragover", (event) => this.over(event, true));
    this.addEventListener("dragleave", (event) => this.over(event, false));
    this.addEventListener("drop", (event) => this.drop(event));
    this.form.addEventListener("paste", (event) => this.paste(event));
    this.form.addEventListener("submit", (event) => this.hold(event));
    this.remind();
  }

  over(event, isOver) {
    event.preventDefault();
    this.toggleAttribute("data-over", isOver);
  }

  drop(event) {
    this.over(event, false);
    this.take(event.dataTransfer.files);
  }

  paste(event) {
    if (event.defaultPrevented || !event.clipboardData.files.length) return;
    event.preventDefault();
    this.take(event.clipboardData.files);
  }

  take(files, isChosen = false) {
    for (const file of files) this.add(file);
    if (isChosen) this.input.value = "";
  }

  add(file) {
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    row.querySelector(".files-name").textContent = file.name;
    this.say(row, `${this.size(file.size)} · ${this.dataset.waiting}`);
    row.querySelector("progress").setAttribute("aria-label", file.name);
    const transfer = new FileTransfer(file, () => this.form.elements.csrf.value, {
      gone: this.dataset.gone,
      progress: (received, seconds) => this.show(row, file, received, seconds),
      lost: (seconds) => this.say(row, this.dataset.lost.replace("{total}", seconds)),
    });
    row.querySelector(".upload-cancel").addEventListener("click", () => this.discard(row, transfer));
    row.querySelector(".upload-retry").addEventListener("click", () => this.queue(row, transfer));
    this.list.append(row);
    this.note.hidden = true;
    this.queue(row, transfer);
  }

  queue(row, transfer) {
    this.rows.add(row);
    row.removeAttribute("data-failed");
    row.querySelector(".upload-retry").hidden = true;
    this.last = this.last.then(() => this.work(row, transfer));
  }

  async work(row, transfer) {
    if (transfer.isCancelled) return;
    try {
      this.finish(row, transfer.file, await transfer.run());
    } catch (fault) {
      if (transfer.isCancelled) return;
      row.setAttribute("data-failed", "");
      row.querySelector(".upload-retry").hidden = false;
      this.say(row, fault.problem ?? this.dataset.failed);
      this.held = null;
      this.note.hidden = true;
    }
    this.settle(row);
  }

  finish(row, file, kept) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: this.dataset.name, value: kept });
    row.querySelector("progress").remove();
    row.append(input);
    this.say(row, `${this.size(file.size)} · ${this.dataset.sent}`);
  }

  settle(row) {
    this.rows.delete(row);
    if (this.rows.size || !this.held) return;
    const { button } = this.held;
    this.held = null;
    this.note.hidden = true;
    this.form.requestSubmit(button);
  }

  discard(row, transfer) {
    if (this.rows.has(row)) transfer.cancel();
    row.remove();
    this.settle(row);
    this.input.focus();
  }

  hold(event) {
    if (!this.rows.size || event.defaultPrevented) return;
    event.preventDefault();
    this.held = { button: event.submitter };
    this.tell(this.dataset.holding);
  }

  show(row, file, received, seconds) {
    const percent = Math.floor((received * 100) / file.size);
    row.querySelector("progress").value = percent;
    if (!Number.isFinite(seconds)) return;
    const isLong = seconds >= 90;
    const words = isLong ? this.dataset.minutes : this.dataset.seconds;
    const total = Math.ceil(isLong ? seconds / 60 : seconds);
    const left = this.dataset.left.replace("{time}", words.replace("{total}", total));
    this.say(row, `${percent}% · ${left}`);
  }

  say(row, text) {
    row.querySelector(".files-side").textContent = text;
  }

  tell(text) {
    this.note.textContent = text;
    this.note.hidden = false;
  }

  remind() {
    const names = [];
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith("upload ")) continue;
      const { name, page, at } = JSON.parse(localStorage.getItem(key));
      if (Date.now() - at > FileField.keptMs) localStorage.removeItem(key);
      else if (page === location.pathname) names.push(name);
    }
    if (names.length) this.tell(this.dataset.unfinished.replace("{names}", names.join("、")));
  }

  size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    if (bytes < 1048576) return `${Math.round(bytes / 1024)} KB`;
    return `${(bytes / 1048576).toFixed(1)} MB`;
  }
}

customElements.define("file-field", FileField);
