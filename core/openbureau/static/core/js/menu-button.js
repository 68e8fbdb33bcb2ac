/* A <details> used as a menu: closes on Escape, on a click elsewhere, and
   when the focus leaves it. Without JavaScript the summary still toggles it. */
class MenuButton extends HTMLElement {
  connectedCallback() {
    this.details = this.querySelector("details");
    this.addEventListener("keydown", (event) => this.escape(event));
    this.addEventListener("focusout", (event) => this.leave(event));
    document.addEventListener("click", this);
  }

  disconnectedCallback() {
    document.removeEventListener("click", this);
  }

  handleEvent(event) {
    if (!this.contains(event.target)) this.details.open = false;
  }

  escape(event) {
    if (event.key !== "Escape" || event.isComposing || !this.details.open) return;
    this.details.open = false;
    this.details.querySelector("summary").focus();
  }

  leave(event) {
    if (event.relatedTarget && !this.contains(event.relatedTarget)) this.details.open = false;
  }
}

customElements.define("menu-button", MenuButton);
