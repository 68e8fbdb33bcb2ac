/* Says that the network is gone, what became of the text, and when it is back. Asks again
   after 5, 10, 20, 40 seconds and whenever the browser sees a network; forms sent in the
   meantime are held back, so that the page is not lost. */
const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 40000;

class ConnectionStrip extends HTMLElement {
  connectedCallback() {
    this.words = this.querySelector(".connection-text");
    this.link = this.querySelector("a");
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.retry());
    this.again = new Map();
    this.wait_ms = FIRST_WAIT_MS;
    for (const name of ["offline", "online", "focus", "submit"]) addEventListener(name, this);
    document.addEventListener("htmx:error", this);
    if (!navigator.onLine) this.lose("lostEmpty");
  }

  handleEvent(event) {
    if (event.type === "offline") this.lose("lostEmpty");
    else if (event.type === "online") this.retry();
    else if (event.type === "submit") this.hold(event);
    else if (event.type === "focus") this.resume();
    else this.repeat(event.detail);
  }

  get keeper() {
    return document.querySelector("draft-keeper");
  }

  /* `again` is called once the server can be reached; it answers whether the text is kept. */
  lose(words, owner, again) {
    if (again) this.again.set(owner, again);
    if (this.isLost && words === "lostEmpty") return;
    this.isLost = true;
    this.show(words, { button: true });
    this.timer ??= setTimeout(() => this.retry(), this.wait_ms);
  }

  expire(owner, again) {
    this.again.set(owner, again);
    this.isExpired = true;
    this.show("expired", { link: true });
  }

  warn(words) {
    this.show(words);
  }

  hold(event) {
    if (!this.isLost || event.target.getAttribute("method") !== "post") return;
    event.preventDefault();
    const kept = this.keeper?.kept(event.target);
    if (kept) this.again.set(kept, () => kept.save({ isAsked: true }));
    if (!kept) this.show("lostEmpty", { button: true });
    else this.show(kept.store() ? "held" : "unkept", { button: true });
    this.retry();
  }

  repeat({ ctx, error }) {
    if (!ctx || !(error instanceof TypeError)) return;
    const { method, action } = ctx.request;
    const { sourceElement: source, target, swap } = ctx;
    const again = async () => {
      await window.htmx.ajax(method, action, { source, target, swap });
      return false;
    };
    this.lose("lostEmpty", source, method.toUpperCase() === "GET" ? again : undefined);
  }

  async retry() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isLost) return;
    if (await this.reaches()) {
      this.isLost = false;
      this.wait_ms = FIRST_WAIT_MS;
      await this.finish();
    } else {
      this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
      this.timer ??= setTimeout(() => this.retry(), this.wait_ms);
    }
  }

  async resume() {
    if (!this.isExpired) return;
    this.isExpired = false;
    await this.finish();
  }

  async finish() {
    const waiting = [...this.again.values()];
    this.again.clear();
    const kept = await Promise.all(waiting.map((again) => again()));
    if (this.isLost || this.isExpired) return;
    this.show(kept.includes(true) ? "back" : "backEmpty");
    this.closing = setTimeout(() => this.toggleAttribute("hidden", true), 6000);
  }

  async reaches() {
    try {
      return (await fetch("/-/health", { cache: "no-store" })).ok;
    } catch {
      return false;
    }
  }

  show(words, { button = false, link = false } = {}) {
    clearTimeout(this.closing);
    this.hidden = false;
    this.button.hidden = !button;
    this.link.hidden = !link;
    this.toggleAttribute("data-good", words.startsWith("back"));
    this.words.textContent = this.dataset[words];
  }
}

customElements.define("connection-strip", ConnectionStrip);
