import { HTMLElement, type Node, NodeType, parse } from 'node-html-parser';
import type { ParsedText } from './loader.js';
import { collapsed, TextBuilder } from './text-builder.js';

/** What stands beside the text, or is no text. */
const SKIPPED = new Set(
  'ASIDE BUTTON CANVAS DIALOG FOOTER FORM HEAD IFRAME INPUT MATH NAV NOSCRIPT OBJECT SCRIPT SELECT STYLE SVG TEMPLATE TEXTAREA'.split(
    ' ',
  ),
);
/** Parts of a line, and what only holds lines. */
const TRANSPARENT = new Set(
  'A ABBR B BDI BDO CITE CODE DATA DEL DFN EM I INS KBD LABEL MARK Q RUBY S SAMP SMALL SPAN STRONG SUB SUP TBODY TFOOT THEAD TIME U VAR WBR'.split(
    ' ',
  ),
);
const LINES = new Set(['LI', 'TR', 'DT', 'DD', 'OPTION']);
const HEADING = /^H[1-6]$/;
const LAYOUT = 'table, h1, h2, h3, h4, h5, h6, article, section, form';

/**
 * The main text of a page: `main`, else the only `article`, else `body`, without navigation, forms, scripts and what is
 * hidden. Title: the only `h1`, else `title`.
 */
export function parseHtml(source: string): ParsedText {
  const page = parse(source, {
    comment: false,
    blockTextElements: { script: true, style: true, noscript: true, pre: true },
  });
  const articles = page.querySelectorAll('article');
  const root =
    page.querySelector('main') ??
    page.querySelector('[role=main]') ??
    (articles.length === 1 ? articles[0] : null) ??
    page.querySelector('body') ??
    page;
  const builder = new TextBuilder();
  new TextWalk(builder).walk(root);
  const headings = page.querySelectorAll('h1');
  const title = (headings.length === 1 ? headings[0]?.text : undefined) || page.querySelector('title')?.text;
  return {
    title: title ? collapsed(title).trim() : undefined,
    text: builder.text,
    headings: builder.headings,
    tables: builder.tables,
    url: page.querySelector('link[rel=canonical]')?.getAttribute('href'),
    language: page.querySelector('html')?.getAttribute('lang'),
  };
}

/** Collects inline text until a block begins or ends. */
class TextWalk {
  readonly #builder: TextBuilder;
  #pending = '';
  /** Lines we are inside of: their paragraphs are lines too. */
  #lines = 0;

  constructor(builder: TextBuilder) {
    this.#builder = builder;
  }

  walk(root: HTMLElement): void {
    for (const child of root.childNodes) this.#visit(child);
    this.#flush('paragraph');
  }

  #visit(node: Node): void {
    if (node.nodeType === NodeType.TEXT_NODE) this.#pending += collapsed(node.text);
    if (!(node instanceof HTMLElement)) return;
    const name = node.tagName ?? '';
    if (SKIPPED.has(name) || node.hasAttribute('hidden') || node.getAttribute('aria-hidden') === 'true') return;
    if (name === 'BR') this.#pending += '\n';
    else if (name === 'PRE') this.#pre(node);
    else if (TRANSPARENT.has(name)) this.#children(node);
    else if (HEADING.test(name)) this.#heading(node, Number(name.slice(1)));
    else if (name === 'TABLE') this.#table(node);
    else if (LINES.has(name)) this.#block(node, 'line');
    else if (name === 'TD' || name === 'TH') this.#cell(node);
    else this.#block(node, 'paragraph');
  }

  #children(node: HTMLElement): void {
    for (const child of node.childNodes) this.#visit(child);
  }

  #heading(node: HTMLElement, level: number): void {
    this.#flush(this.#lines > 0 ? 'line' : 'paragraph');
    this.#children(node);
    const text = this.#taken();
    this.#builder.heading(collapsed(text), level);
  }

  /** A table that only arranges a page, which shows by what its cells hold, is no table. */
  #table(node: HTMLElement): void {
    const before = this.#builder.text.length;
    this.#block(node, 'paragraph');
    if (this.#lines > 0 || node.querySelector(LAYOUT) || node.querySelectorAll('tr').length < 2) return;
    this.#builder.closeTable(before, Boolean(node.querySelector('tr')?.querySelector('th')));
  }

  #block(node: HTMLElement, kind: 'line' | 'paragraph'): void {
    const own = kind === 'paragraph' && this.#lines > 0 ? 'line' : kind;
    this.#flush(this.#lines > 0 ? 'line' : 'paragraph');
    if (own === 'paragraph') this.#builder.separate();
    if (kind === 'line') this.#lines += 1;
    this.#children(node);
    this.#flush(own);
    if (kind === 'line') this.#lines -= 1;
    if (own === 'paragraph') this.#builder.separate();
  }

  #cell(node: HTMLElement): void {
    if (this.#pending.trim()) this.#pending += ' | ';
    // The only paragraph of a cell, as word processors write it, is the cell.
    const [only, ...others] = node.childNodes.filter((child) => child.text.trim() !== '');
    const isOne = others.length === 0 && only instanceof HTMLElement && /^(?:P|DIV)$/.test(only.tagName);
    this.#children(isOne ? only : node);
  }

  #pre(node: HTMLElement): void {
    this.#flush('paragraph');
    this.#builder.paragraph(node.text);
  }

  #taken(): string {
    const text = this.#pending.replace(/ *\n */g, '\n').replace(/ {2,}/g, ' ');
    this.#pending = '';
    return text;
  }

  #flush(kind: 'line' | 'paragraph'): void {
    const text = this.#taken();
    if (kind === 'line') this.#builder.line(text);
    else this.#builder.paragraph(text);
  }
}
