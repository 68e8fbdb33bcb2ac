/* Lists the chosen files by name and size under a native file input. */
class FileField extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector('input[type="file"]');
    this.list = this.querySelector("ul");
    this.input.addEventListener("change", () => this.show());
  }

  show() {
    this.list.replaceChildren(...Array.from(this.input.files, (file) => this.line(file)));
  }

  line(file) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const size = document.createElement("span");
    name.className = "files-name";
    name.textContent = file.name;
    size.className = "files-side";
    size.textContent = this.size(file.size);
    item.append(name, size);
    return item;
  }

  size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    if (bytes < 1048576) return `${(bytes / 1024).toFixed(1)} KB`;
    return `${(bytes / 1048576).toFixed(1)} MB`;
  }
}

customElements.define("file-field", FileField);
