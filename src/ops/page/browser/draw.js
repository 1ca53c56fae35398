/**
 * The few operations on the document that the page is drawn with. Nothing is written that is there already: a reader's
 * selection, focus and place stay, and a screen reader is not disturbed. Text is only ever set as text.
 */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (node === null) throw new Error(`the page has no #${id}`);
  return node;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {...Node} children
 */
export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  node.append(...children);
  return node;
}

/**
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * What stands between backticks becomes code.
 *
 * @param {Element} node
 * @param {string} text
 */
export function setRich(node, text) {
  if (node.getAttribute('data-text') === text) return;
  node.setAttribute('data-text', text);
  const parts = text.split('`').map((part, at) => {
    const written = document.createTextNode(part);
    return at % 2 === 0 ? written : make('code', '', written);
  });
  node.replaceChildren(...parts);
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Keeps one child of `parent` for each item, in the items' order. A child stays that of its key.
 *
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {() => Element} create
 * @param {(child: Element, item: Item) => void} update
 */
export function drawRows(parent, items, keyOf, create, update) {
  const old = new Map([...parent.children].map((child) => [child.getAttribute('data-key'), child]));
  items.forEach((item, at) => {
    const key = keyOf(item);
    const child = old.get(key) ?? create();
    old.delete(key);
    setAttribute(child, 'data-key', key);
    update(child, item);
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
  for (const child of old.values()) child.remove();
}

/**
 * The element of a row that was made with `data-part`.
 *
 * @param {Element} row
 * @param {string} part
 */
export function partOf(row, part) {
  const node = row.querySelector(`[data-part="${part}"]`);
  if (node === null) throw new Error(`a row has no part ${part}`);
  return node;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} part
 * @param {string} [className]
 */
export function makePart(tag, part, className = '') {
  const node = make(tag, className);
  node.setAttribute('data-part', part);
  return node;
}
