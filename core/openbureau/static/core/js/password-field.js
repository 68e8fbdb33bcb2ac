/* Shows a password while the button is pressed down; hides it again when the form is sent. */
class PasswordField extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("input");
    this.button = this.querySelector("button");
    this.show = this.button.textContent;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.set(this.box.type === "password"));
    this.box.form?.addEventListener("submit", () => this.set(false));
  }

  set(isShown) {
    this.box.type = isShown ? "text" : "password";
    this.button.textContent = isShown ? this.button.dataset.hide : this.show;
    this.button.setAttribute("aria-pressed", String(isShown));
  }
}

customElements.define("password-field", PasswordField);
