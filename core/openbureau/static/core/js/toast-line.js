/* A line that says what was done: goes after six seconds, stays while it is pointed at or
   holds the focus, and can be sent away. */
class ToastLine extends HTMLElement {
  connectedCallback() {
    const close = this.querySelector(".toast-close");
    close.hidden = false;
    close.addEventListener("click", () => this.remove());
    for (const name of ["pointerenter", "focusin"]) this.addEventListener(name, () => this.stay());
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, () => this.wait());
    this.wait();
  }

  disconnectedCallback() {
    this.stay();
  }

  stay() {
    clearTimeout(this.timer);
  }

  wait() {
    this.stay();
    this.timer = setTimeout(() => this.remove(), 6000);
  }
}

customElements.define("toast-line", ToastLine);
