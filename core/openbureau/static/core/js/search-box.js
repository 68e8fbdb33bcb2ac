/* Alt+S moves the focus into the search field, never while an input method composes. */
class SearchBox extends HTMLElement {
  connectedCallback() {
    document.addEventListener("keydown", this);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this);
  }

  handleEvent(event) {
    if (event.isComposing || !event.altKey || event.code !== "KeyS") return;
    event.preventDefault();
    this.querySelector("input").select();
  }
}

customElements.define("search-box", SearchBox);
