/* One long form whose text is kept: on the server three seconds after the last change, in
   this browser while the server cannot be reached or somebody has to sign in again. */
const TECHNICAL = ["csrf", "once", "form_page", "form_by"];
const PAUSE_MS = 3000;
const LONGEST_FAREWELL = 60000;

class DraftForm {
  /* A form says by its `form_by` that it may be kept; short ones are not worth it. */
  static covers(form) {
    if (!form?.elements.namedItem("form_by")) return false;
    const silent = ["hidden", "submit", "button", "fieldset"];
    const shown = Array.from(form.elements).filter((field) => !silent.includes(field.type));
    if (shown.some((field) => field.type === "password")) return false;
    return shown.length >= 5 || shown.some((field) => field.type === "textarea");
  }

  constructor(form, keeper) {
    this.form = form;
    this.keeper = keeper;
    this.version = 0;
    this.savedVersion = 0;
  }

  field(name) {
    return this.form.elements.namedItem(name).value;
  }

  get page() {
    return this.field("form_page");
  }

  get fields() {
    return [...new FormData(this.form)].filter(
      ([name, value]) =>
        typeof value === "string" && !TECHNICAL.includes(name) && !/password/i.test(name),
    );
  }

  get isDirty() {
    return this.version !== this.savedVersion;
  }

  /* Whether leaving would lose something: text that is not kept, files that cannot be. */
  get isOpen() {
    const files = Array.from(this.form.querySelectorAll('input[type="file"]'));
    return !this.isLeaving && (this.isDirty || files.some((input) => input.files.length));
  }

  get primary() {
    const buttons = Array.from(this.form.elements).filter((field) => field.type === "submit");
    return buttons.find((button) => button.matches(".button-primary")) ?? buttons[0];
  }

  /* A field left after typing reports a change again; that is none. */
  touch({ isComposing = false, type = "" } = {}) {
    if (type === "change" && this.sent === JSON.stringify(this.fields)) return;
    this.version += 1;
    clearTimeout(this.timer);
    if (!isComposing) this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  /* What was sent is the server's: it acts upon it, shows it again or keeps it as a draft,
     unless that is too long. */
  leave() {
    this.isLeaving = true;
    if (!this.isTooLong) this.forget();
    clearTimeout(this.timer);
    this.sending?.abort();
  }

  /* Saves what is not saved yet; whether the server has it now. */
  async save({ isAsked = false, isFarewell = false } = {}) {
    clearTimeout(this.timer);
    if (this.isLeaving || !(this.isDirty || isAsked)) return !this.isDirty;
    const version = this.version;
    const body = this.body(this.fields);
    if (isFarewell && body.toString().length > LONGEST_FAREWELL) return this.store() && false;
    let status = await this.post(body, isFarewell);
    if (status === 403 && (await this.keeper.renew(this.page))) {
      status = await this.post(this.body(this.fields), isFarewell);
    }
    if (this.isLeaving) return false;
    if (status === 204) this.settle(version, isAsked);
    else this.fail(status);
    return status === 204;
  }

  body(fields) {
    this.sent = JSON.stringify(fields);
    const title = document.querySelector("h1")?.textContent.trim() ?? "";
    return new URLSearchParams({
      csrf: this.field("csrf"),
      of: this.field("once"),
      page: this.page,
      title,
      fields: this.sent,
    });
  }

  async post(body, isFarewell = false) {
    this.sending?.abort();
    this.sending = new AbortController();
    const { signal } = this.sending;
    try {
      const answer = await fetch("/-/drafts", { method: "POST", body, keepalive: isFarewell, signal });
      return answer.status;
    } catch (fault) {
      return fault.name === "AbortError" ? -1 : 0;
    }
  }

  settle(version, isAsked) {
    this.savedVersion = version;
    this.forget();
    this.say(this.keeper.dataset.kept, isAsked);
  }

  fail(status) {
    if (status === -1) return;
    this.isTooLong = status === 413;
    const isStored = this.store();
    if (isStored) this.say(this.keeper.dataset.local);
    const again = () => this.save();
    const { strip } = this.keeper;
    if (status === 401 || status === 403) strip.expire(this, again);
    else if (status === 0 || status >= 500) strip.lose(isStored ? "lost" : "unkept", this, again);
    else strip.warn(isStored ? "large" : "unkept");
  }

  store() {
    const copy = { fields: this.fields, at: Date.now() };
    try {
      localStorage.setItem(this.keeper.key(this.page), JSON.stringify(copy));
      return true;
    } catch {
      return false;
    }
  }

  get copy() {
    try {
      return JSON.parse(localStorage.getItem(this.keeper.key(this.page)));
    } catch {
      return null;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.keeper.key(this.page));
    } catch {
      // A browser without storage has nothing to forget.
    }
  }

  say(words, isAsked = false) {
    if (!this.status?.isConnected) {
      this.status = document.createElement("span");
      this.status.className = "draft-status no-print";
      (this.primary?.parentElement ?? this.form).append(this.status);
    }
    this.status.setAttribute("aria-live", isAsked ? "polite" : "off");
    this.status.textContent = words.replace("{time}", clockTime(Date.now()));
  }
}

function clockTime(at) {
  return new Date(at).toLocaleTimeString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 5);
}
