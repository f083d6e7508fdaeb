import { lexer, type Token, type Tokens } from 'marked';
import { parse as parseHtml } from 'node-html-parser';
import type { ParsedText } from './loader.js';
import { collapsed, TextBuilder } from './text-builder.js';

const FRONT_MATTER = /^---[ \t]*\r?\n([\s\S]*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

/**
 * The words of a Markdown file without its marks. Title: of the front matter, else the first heading of level 1. The
 * front matter's `url`, `date` and `language` are used too.
 */
export function parseMarkdown(source: string): ParsedText {
  const [frontMatter, properties = ''] = FRONT_MATTER.exec(source) ?? [''];
  const builder = new TextBuilder();
  const tokens = lexer(source.slice(frontMatter.length));
  addBlocks(builder, tokens);
  const first = tokens.find((token): token is Tokens.Heading => token.type === 'heading' && token.depth === 1);
  const { title, url, date, language, lang } = readProperties(properties);
  return {
    title: title || (first ? inline(first.tokens) : undefined),
    text: builder.text,
    headings: builder.headings,
    tables: builder.tables,
    url,
    date,
    language: language ?? lang,
  };
}

type AddBlock = (builder: TextBuilder, token: Tokens.Generic) => void;

/** What is not here (space, rule, definition) has no words. */
const BLOCKS: Readonly<Record<string, AddBlock>> = {
  heading: (builder, token) => builder.heading(inline(token.tokens), token.depth),
  paragraph: (builder, token) => builder.paragraph(inline(token.tokens)),
  text: (builder, token) => builder.line(token.tokens ? inline(token.tokens) : unescaped(token.text)),
  code: (builder, token) => builder.paragraph(token.text),
  html: (builder, token) => builder.paragraph(collapsed(parseHtml(token.text).text)),
  blockquote: (builder, token) => addBlocks(builder, token.tokens),
  list(builder, token) {
    for (const item of (token as Tokens.List).items) addBlocks(builder, item.tokens.map(asLine));
    builder.separate();
  },
  table(builder, token) {
    const { header, rows } = token as Tokens.Table;
    builder.table(
      [header, ...rows].map((row) => row.map((cell) => inline(cell.tokens)).join(' | ')),
      true,
    );
  },
};

function addBlocks(builder: TextBuilder, tokens: readonly Token[] = []): void {
  for (const token of tokens) BLOCKS[token.type]?.(builder, token as Tokens.Generic);
}

/** A paragraph inside a list item stands in a line like any other item. */
const asLine = (token: Token): Token => (token.type === 'paragraph' ? { ...token, type: 'text' } : token) as Token;

function inline(tokens: readonly Token[] | undefined): string {
  return (tokens ?? [])
    .map((token): string => {
      if (token.type === 'br') return '\n';
      if (token.type === 'html' || token.type === 'checkbox') return '';
      if (token.type === 'codespan') return token.text;
      if ('tokens' in token && token.tokens) return inline(token.tokens);
      return 'text' in token ? unescaped(token.text) : '';
    })
    .join('')
    .replace(/[ \t]*\r?\n[ \t]*/g, '\n')
    .replace(/(?<!^)\n(?!$)/g, ' ');
}

const unescaped = (text: string) => (text.includes('&') ? parseHtml(text.replaceAll('<', '&lt;')).text : text);

/** `name: value` lines; anything deeper is passed over. */
function readProperties(text: string): Record<string, string | undefined> {
  const lines = [...text.matchAll(/^([A-Za-z_]+):[ \t]*(.+?)[ \t]*\r?$/gm)];
  return Object.fromEntries(
    lines.map(([, name = '', value = '']) => [name.toLowerCase(), value.replace(/^(["'])(.*)\1$/, '$2')]),
  );
}
