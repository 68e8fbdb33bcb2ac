/* The time on paper is the time of printing, not of fetching the page. */
class PrintTime extends HTMLElement {
  connectedCallback() {
    addEventListener("beforeprint", this);
  }

  disconnectedCallback() {
    removeEventListener("beforeprint", this);
  }

  handleEvent() {
    this.textContent = new Date().toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 16);
  }
}

customElements.define("print-time", PrintTime);
