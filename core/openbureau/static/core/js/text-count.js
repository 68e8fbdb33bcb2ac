/* Says how many characters a text box still takes; quiet until four fifths are used. */
class TextCount extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("textarea");
    this.words = this.querySelector(".field-count");
    this.most = this.words.textContent;
    this.box.addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const left = this.box.maxLength - this.box.value.length;
    const isNear = left * 5 <= this.box.maxLength;
    const text = this.dataset.left.replace("{total}", left.toLocaleString("en"));
    this.words.textContent = isNear ? text : this.most;
    this.words.toggleAttribute("data-near", isNear);
  }
}

customElements.define("text-count", TextCount);
