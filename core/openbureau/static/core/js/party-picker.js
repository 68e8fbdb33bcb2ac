/* Adds to the typed names a panel to choose from; what is chosen goes into <chosen-list>. */
class PartyPicker extends HTMLElement {
  connectedCallback() {
    this.chosen = this.querySelector("chosen-list");
    customElements.upgrade(this.chosen);
    this.panel = this.querySelector(".picker-panel");
    this.lines = this.querySelector(".picker-list");
    this.search = this.querySelector(".picker-search");
    this.fault = this.querySelector(".picker-fault");
    this.opener = this.querySelector(".picker-open button");
    this.opener.parentElement.hidden = false;
    const names = this.querySelector(".picker-names");
    names.hidden = !names.hasAttribute("data-kept") && !names.querySelector("textarea").value;
    this.opener.addEventListener("click", () => this.toggle(this.panel.hidden));
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("choice", (event) => this.choose(event.detail));
    this.addEventListener("level", (event) => this.level(event.detail));
    this.addEventListener("keydown", (event) => this.key(event));
    this.search.addEventListener("input", (event) => this.later(event));
    this.search.addEventListener("compositionend", (event) => this.later(event));
    this.chosen.addEventListener("change", () => this.changed());
    this.count();
  }

  url(more) {
    const { kinds, within } = this.dataset;
    return `/-/pick?${new URLSearchParams({ kinds, within, ...more })}`;
  }

  async fetched(url, options) {
    try {
      this.fault.hidden = true;
      return await fetchedPart(url, options);
    } catch {
      this.fault.textContent = this.dataset.failed;
      this.fault.hidden = false;
      return null;
    }
  }

  async toggle(isOpen) {
    this.panel.hidden = !isOpen;
    this.opener.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.opener.focus();
    else if (this.lines.children.length) this.tab().focus();
    else await this.show({ tab: "" }, true);
  }

  async show(wanted, isFocused = false) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const html = await this.fetched(this.url(wanted));
    if (html === null || turn !== this.turn) return;
    this.lines.innerHTML = html;
    this.select(this.lines.firstElementChild.dataset.tab);
    this.mark();
    if (isFocused) this.tab().focus();
  }

  tab() {
    return this.querySelector('[role="tab"][aria-selected="true"]');
  }

  select(name) {
    for (const tab of this.querySelectorAll('[role="tab"]')) {
      const isSelected = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      if (isSelected) this.lines.setAttribute("aria-labelledby", tab.id);
    }
    this.search.hidden = name !== "search";
  }

  async level({ unit, below, level }) {
    const html = await this.fetched(this.url({ tab: "tree", unit, level: below }));
    if (html !== null) level.innerHTML = html;
    this.mark();
  }

  later(event) {
    if (event.isComposing) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show({ tab: "search", q: event.target.value }), 200);
  }

  press(event) {
    const { target } = event;
    const tab = target.closest('[role="tab"]');
    const group = target.closest("[data-add], [data-remove]");
    if (tab) this.turnTo(tab.dataset.tab);
    else if (group) this.useGroup(group);
    else if (target.closest(".picker-keep button")) this.keep();
  }

  async turnTo(tab) {
    await this.show({ tab, q: this.search.firstElementChild.value }, true);
    if (tab === "search") this.search.firstElementChild.focus();
  }

  key(event) {
    if (event.isComposing) return;
    const { target, key } = event;
    const tabs = [...this.querySelectorAll('[role="tab"]')];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const isSearch = target === this.search.firstElementChild;
    if (step && tabs.includes(target)) {
      this.turnTo(tabs[(tabs.indexOf(target) + step + tabs.length) % tabs.length].dataset.tab);
    } else if (key === "ArrowDown" && (isSearch || tabs.includes(target))) {
      const first = this.lines.querySelector('[tabindex="0"], button');
      if (first) first.focus();
    } else if (key === "Enter" && target.closest(".picker-keep input")) this.keep();
    else if (key === "Escape" && this.panel.contains(target)) this.toggle(false);
    else if (!(key === "Enter" && isSearch)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(party) {
    if (party.isChosen) this.chosen.add(party);
    else this.chosen.remove(party.value);
  }

  useGroup(button) {
    if (button.dataset.remove) {
      this.post(`/-/pick/groups/${button.dataset.remove}/delete`, {});
      return;
    }
    for (const party of button.closest("li").querySelectorAll("data")) {
      const { kind, detail } = party.dataset;
      this.choose({ value: party.value, kind, detail, label: party.textContent, isChosen: true });
    }
  }

  keep() {
    const name = this.querySelector(".picker-keep input");
    const members = this.chosen.values();
    if (!name.value.trim() || !members.length) name.focus();
    else this.post("/-/pick/groups", { name: name.value }, members).then(() => (name.value = ""));
  }

  async post(url, fields, members = []) {
    const { kinds, within } = this.dataset;
    const body = new URLSearchParams({ kinds, within, ...fields });
    for (const member of members) body.append("member", member);
    const headers = { "x-csrf-token": this.closest("form").elements.csrf.value };
    const html = await this.fetched(url, { method: "POST", body, headers });
    if (html === null) return;
    this.lines.innerHTML = html;
    this.select("groups");
    this.tab().focus();
  }

  changed() {
    const isLost = document.activeElement === document.body;
    if (isLost && !this.chosen.values().length) this.opener.focus();
    this.mark();
    this.count();
  }

  mark() {
    const chosen = new Set(this.chosen.values());
    for (const line of this.lines.querySelectorAll("[data-value]")) {
      line.setAttribute("aria-checked", String(chosen.has(line.dataset.value)));
    }
  }

  count() {
    const total = this.chosen.values().length;
    const words = this.dataset.counted.replace("{total}", total);
    this.querySelector(".picker-count").textContent = total ? words : "";
    const keep = this.querySelector(".picker-keep");
    if (keep) keep.hidden = !total;
  }
}

customElements.define("party-picker", PartyPicker);
