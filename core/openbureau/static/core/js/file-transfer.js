/* Sends one file in pieces, one after the other, and goes on where it stopped:
   after a lost network, a restarted server, or a reloaded page. */
class FileTransfer {
  static smallest = 65536;
  static largest = 1048576;
  static tries = 8;

  constructor(file, token, report) {
    Object.assign(this, { file, token, report, piece: FileTransfer.smallest, faults: 0 });
    this.key = `upload ${file.name} ${file.size} ${file.lastModified}`;
  }

  /* Resolves to what the form sends; rejects with a problem when it cannot be sent. */
  async run() {
    for (this.faults = 0; ; ) {
      try {
        return await this.send();
      } catch (fault) {
        if (this.isCancelled || fault.problem || ++this.faults > FileTransfer.tries) throw fault;
        await this.rest(Math.min(2 ** (this.faults - 1), 30));
      }
    }
  }

  async send() {
    let state = await this.begin();
    while (!state.kept) {
      const offset = state.received_bytes;
      const since = performance.now();
      const piece = this.file.slice(offset, offset + this.piece);
      state = await this.ask(`/-/uploads/${this.uid}/piece`, { offset, piece });
      if (state.received_bytes > offset) this.faults = 0;
      this.pace(state.received_bytes - offset, performance.now() - since);
      this.report.progress(state.received_bytes, (this.file.size - state.received_bytes) / this.speed);
    }
    localStorage.removeItem(this.key);
    return state.kept;
  }

  async begin() {
    const known = JSON.parse(localStorage.getItem(this.key) ?? "null");
    const found = known && (await this.ask(`/-/uploads/${known.uid}`));
    const { name, size } = this.file;
    const state = found ?? (await this.ask("/-/uploads", { name, size }));
    this.uid = state.uid;
    const note = { uid: state.uid, name, page: location.pathname, at: Date.now() };
    localStorage.setItem(this.key, JSON.stringify(note));
    return state;
  }

  async ask(url, fields) {
    this.control = new AbortController();
    const stop = () => this.control.abort();
    const patience = setTimeout(stop, 60000);
    addEventListener("offline", stop);
    try {
      const answer = await fetch(url, { ...this.sending(fields), signal: this.control.signal });
      return await this.read(answer, Boolean(fields));
    } finally {
      clearTimeout(patience);
      removeEventListener("offline", stop);
    }
  }

  sending(fields) {
    if (!fields) return {};
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      if (value instanceof Blob) body.append(name, value, "piece");
      else body.append(name, value);
    }
    return { method: "POST", body, headers: { "x-csrf-token": this.token() } };
  }

  async read(answer, isSent) {
    const isPlain = answer.headers.get("content-type")?.startsWith("application/json");
    if (isPlain && (answer.ok || answer.status === 409)) return answer.json();
    if (isPlain && answer.status === 404 && !isSent) return null;
    if (answer.status === 404) localStorage.removeItem(this.key);
    const isLost = answer.redirected || answer.status === 401 || answer.status === 403;
    if (isPlain && answer.status < 500 && answer.status !== 404) {
      localStorage.removeItem(this.key);
      throw Object.assign(new Error(answer.url), { problem: (await answer.json()).problem });
    }
    if (isLost) throw Object.assign(new Error(answer.url), { problem: this.report.gone });
    throw new Error(`${answer.status} ${answer.url}`);
  }

  pace(bytes, elapsed) {
    const speed = (bytes * 1000) / Math.max(elapsed, 1);
    this.speed = this.speed ? this.speed * 0.7 + speed * 0.3 : speed;
    if (elapsed < 1000) this.piece = Math.min(this.piece * 2, FileTransfer.largest);
    if (elapsed > 4000) this.piece = Math.max(this.piece / 2, FileTransfer.smallest);
  }

  rest(seconds) {
    this.report.lost(seconds);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(this.timer);
        removeEventListener("online", wake);
        resolve();
      };
      this.timer = setTimeout(wake, seconds * 1000);
      addEventListener("online", wake);
      this.wake = wake;
    });
  }

  cancel() {
    this.isCancelled = true;
    this.control?.abort();
    this.wake?.();
    localStorage.removeItem(this.key);
    if (this.uid) fetch(`/-/uploads/${this.uid}/cancel`, this.sending({ cancel: "1" })).catch(() => {});
  }
}
