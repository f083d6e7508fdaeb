import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { ServiceError } from '../errors.js';

export interface EncodeOptions {
  /** Second text of a pair, as a cross-encoder reads it. */
  pair?: string;
  /** Adds what the model's template adds, such as [CLS] and [SEP]. @default true */
  specialTokens?: boolean;
  /** Cuts the end, but keeps the last token when it is a special one. Unlimited by default. */
  maxTokens?: number;
}

export interface EncodedText {
  ids: number[];
  /** 0 for the first text, 1 for the second, as long as `ids`. */
  typeIds: number[];
}

/** Text to token ids and back, as the model's own `tokenizer.json` says. */
export interface TextTokenizer {
  encode(text: string, options?: EncodeOptions): EncodedText;
  /** Special tokens are left out. Spaces are kept as they are. */
  decode(ids: readonly number[]): string;
  /** Id of one token of the vocabulary, or `undefined`. */
  idOf(token: string): number | undefined;
  /** The token as the vocabulary writes it, or `undefined`. */
  tokenOf(id: number): string | undefined;
}

/**
 * Reads a `tokenizer.json`.
 *
 * @throws ServiceError `model-missing` or `model-corrupt`, naming the file.
 */
export async function loadTokenizer(path: string): Promise<TextTokenizer> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ServiceError('model-missing', { message: `${path}: expected a tokenizer, found no file.`, cause });
  });
  try {
    return wrap(new Tokenizer(JSON.parse(text) as object, {}));
  } catch (cause) {
    const message = `${path}: expected a tokenizer, found something else. Run: candor models verify`;
    throw new ServiceError('model-corrupt', { message, cause });
  }
}

function wrap(tokenizer: Tokenizer): TextTokenizer {
  const added = [...tokenizer.get_added_tokens_decoder()];
  const specialIds = new Set(added.filter(([, token]) => token.special).map(([id]) => id));
  return {
    encode(text, { pair, specialTokens = true, maxTokens = Number.POSITIVE_INFINITY } = {}) {
      const encoding = tokenizer.encode(text, {
        text_pair: pair ?? null,
        add_special_tokens: specialTokens,
        return_token_type_ids: true,
      });
      const { ids } = encoding;
      const typeIds = encoding.token_type_ids?.length === ids.length ? encoding.token_type_ids : ids.map(() => 0);
      if (ids.length <= maxTokens) return { ids, typeIds };
      const keepLast = specialIds.has(ids.at(-1) ?? -1);
      return { ids: cut(ids, maxTokens, keepLast), typeIds: cut(typeIds, maxTokens, keepLast) };
    },
    decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    idOf: (token) => tokenizer.token_to_id(token),
    tokenOf: (id) => tokenizer.id_to_token(id),
  };
}

function cut(values: number[], length: number, keepLast: boolean): number[] {
  const last = values.at(-1);
  if (!keepLast || last === undefined) return values.slice(0, length);
  return [...values.slice(0, length - 1), last];
}
