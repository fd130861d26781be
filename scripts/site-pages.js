/**
 * A plugin of TypeDoc for the pages of the site. TypeDoc names a page by its file, and leaves code out of the anchors of
 * headings. GitHub names a page by its first heading, and keeps the code.
 */

/** The groups of the navigation, by the file's folder. @type {Record<string, string>} */
const GROUPS = { docs: "Documentation", examples: "Examples" };
const OTHERS = "Project";

const TITLE = /^# (.*)/;

/** @param {any} app the application of TypeDoc */
export function load(app) {
  // The options are read after the plugins.
  app.on("bootstrapEnd", () => {
    app.options.setValue("markdownItLoader", (/** @type {any} */ parser) => {
      parser.core.ruler.push("heading_code", keepCode);
    });
  });
  app.converter.on("createDocument", (/** @type {unknown} */ _, /** @type {any} */ page) => {
    const [folder = ""] = page.name.split("/");
    page.frontmatter.group = GROUPS[folder] ?? OTHERS;
    const [, title = page.name] = TITLE.exec(page.content[0]?.text ?? "") ?? [];
    page.name = title.replaceAll("`", "");
  });
}

/** Makes code in headings text between tags, of which TypeDoc takes the text. @param {any} state */
function keepCode({ tokens, Token }) {
  for (const [n, { type }] of tokens.entries()) {
    if (type !== "heading_open") continue;
    const line = tokens[n + 1];
    line.children = line.children.flatMap((/** @type {any} */ child) =>
      child.type === "code_inline"
        ? [tag(Token, "code", 1), text(Token, child.content), tag(Token, "code", -1)]
        : [child],
    );
  }
}

/** @param {any} Token @param {string} name @param {1 | -1} nesting */
function tag(Token, name, nesting) {
  return new Token(nesting === 1 ? `${name}_open` : `${name}_close`, name, nesting);
}

/** @param {any} Token @param {string} content */
function text(Token, content) {
  return Object.assign(new Token("text", "", 0), { content });
}
