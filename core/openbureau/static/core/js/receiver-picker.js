/* Adds to a tree of checkboxes: a filter by name or pinyin initials, the count
   of distinct units chosen, and covering: a unit inside a chosen subtree is
   shown as covered and its own mark is taken off. */
class ReceiverPicker extends HTMLElement {
  connectedCallback() {
    this.filter = this.querySelector('input[type="search"]');
    this.count = this.querySelector(".picker-count");
    this.nodes = Array.from(this.querySelectorAll(".tree-node"), (item) => this.node(item));
    this.filter.hidden = false;
    this.filter.addEventListener("input", () => this.narrow());
    this.filter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    this.addEventListener("change", (event) => this.choose(event));
    this.cover();
  }

  node(item) {
    const [unit, subtree] = item.firstElementChild.querySelectorAll("input");
    const words = `${item.firstElementChild.textContent} ${item.dataset.initials} ${unit?.value}`;
    return { item, unit, subtree, words: words.toLowerCase() };
  }

  choose(event) {
    if (event.target.type === "checkbox") this.cover();
  }

  cover() {
    let total = 0;
    for (const node of this.nodes) {
      const covering = this.covering(node);
      node.item.toggleAttribute("data-covered", Boolean(covering));
      if (!node.unit) continue;
      node.unit.disabled = Boolean(covering) || Boolean(node.subtree?.checked);
      if (node.subtree) node.subtree.disabled = Boolean(covering);
      if (covering || node.subtree?.checked) node.unit.checked = false;
      if (covering && node.subtree) node.subtree.checked = false;
      if (node.subtree?.checked && !covering) total += Number(node.subtree.dataset.total);
      else if (node.unit.checked) total += 1;
    }
    this.count.textContent = this.dataset.counted.replace("{total}", total);
  }

  covering(node) {
    const above = node.item.parentElement.closest(".tree-node");
    const found = above && this.nodes.find((other) => other.item === above);
    if (!found) return null;
    return found.subtree?.checked ? found : this.covering(found);
  }

  narrow() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const node of [...this.nodes].reverse()) {
      const below = node.item.querySelector(".tree-node:not([hidden])");
      node.item.hidden = Boolean(wanted) && !below && !node.words.includes(wanted);
      const fold = node.item.querySelector("details");
      if (fold && wanted) fold.open = Boolean(below);
    }
  }
}

customElements.define("receiver-picker", ReceiverPicker);
