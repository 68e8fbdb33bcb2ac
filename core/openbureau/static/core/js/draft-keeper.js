/* Watches the long forms of a page (see draft-form.js): keeps their text while somebody
   types and when they leave, asks once before something unkept is lost, and offers what
   an earlier visit could only keep in this browser. */
class DraftKeeper extends HTMLElement {
  connectedCallback() {
    this.forms = new Map();
    for (const name of ["input", "change", "compositionend", "visibilitychange"]) {
      document.addEventListener(name, this);
    }
    for (const name of ["submit", "pageshow", "offline", "beforeunload"]) {
      addEventListener(name, this);
    }
    for (const form of document.forms) this.meet(form);
  }

  handleEvent(event) {
    if (event.type === "submit") this.send(event);
    else if (event.type === "beforeunload") this.ask(event);
    else if (event.type === "pageshow") this.all.forEach((kept) => (kept.isLeaving = false));
    else if (event.type === "offline") this.all.forEach((kept) => kept.save());
    else if (event.type === "visibilitychange") this.part();
    else this.kept(event.target.form)?.touch(event);
  }

  get strip() {
    return document.querySelector("connection-strip");
  }

  get all() {
    return [...this.forms.values()].filter((kept) => kept.form.isConnected);
  }

  key(page) {
    return `draft:${document.body.dataset.account}:${page}`;
  }

  /* What keeps this form, or undefined when it is not kept. */
  kept(form) {
    if (form && !this.forms.has(form) && DraftForm.covers(form)) {
      this.forms.set(form, new DraftForm(form, this));
    }
    return this.forms.get(form);
  }

  /* The form meant by a key: the one with the focus, or the only one there is. */
  get current() {
    const focused = this.kept(document.activeElement?.form);
    const all = Array.from(document.forms, (form) => this.kept(form)).filter(Boolean);
    return focused ?? (all.length === 1 ? all[0] : undefined);
  }

  meet(form) {
    const kept = this.kept(form);
    if (!kept) return;
    if (form.querySelector(".errors")) kept.touch();
    else if (kept.copy) form.prepend(this.offer(kept, kept.copy));
  }

  part() {
    if (document.visibilityState === "hidden") {
      this.all.forEach((kept) => kept.save({ isFarewell: true }));
    }
  }

  ask(event) {
    const open = this.all.filter((kept) => kept.isOpen);
    if (!open.length || this.isAsked) return;
    this.isAsked = true;
    event.preventDefault();
    event.returnValue = "";
    open.forEach((kept) => kept.save({ isFarewell: true }));
  }

  send(event) {
    if (event.defaultPrevented) return;
    if (event.target.getAttribute("action") === "/-/sign-out") this.clear();
    this.forms.get(event.target)?.leave();
  }

  clear() {
    try {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(this.key("")));
      for (const name of names) localStorage.removeItem(name);
    } catch {
      // A browser without storage has nothing to clear.
    }
  }

  /* Takes over the proof of a new session of the same person, from the page itself. */
  async renew(page) {
    try {
      const answer = await fetch(page, { headers: { accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = fresh.querySelector('input[name="csrf"]')?.value;
      const account = fresh.body.dataset.account;
      if (!answer.ok || !token || account !== document.body.dataset.account) return false;
      for (const input of document.querySelectorAll('input[name="csrf"]')) input.value = token;
      return true;
    } catch {
      return false;
    }
  }

  offer(kept, { fields, at }) {
    const notice = document.createElement("div");
    notice.className = "notice notice-warn draft-note";
    const words = document.createElement("span");
    words.textContent = this.dataset.found.replace("{time}", clockTime(at));
    const restore = this.button(this.dataset.restore, async () => {
      if ((await kept.post(kept.body(fields))) !== 204) return this.strip.lose("lost");
      kept.forget();
      kept.leave();
      location.assign(`${kept.page}${kept.page.includes("?") ? "&" : "?"}draft=1`);
    });
    const discard = this.button(this.dataset.discard, () => {
      kept.forget();
      notice.remove();
    });
    notice.append(words, restore, discard);
    return notice;
  }

  button(label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = label;
    button.addEventListener("click", act);
    return button;
  }
}

customElements.define("draft-keeper", DraftKeeper);
