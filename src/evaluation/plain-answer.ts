import { z } from 'zod';
import { ServiceError } from '../errors.js';
import { type AnswerRecord, answerRecordSchema } from './answer-record.js';
import { readJsonLines } from './json-lines.js';
import { type Question, questionSchema } from './question.js';

export const plainCitationSchema = z.object({
  documentId: z.string().optional(),
  quote: z.string().optional(),
  /** Where the quote lies in the text of the document, UTF-16 code units. */
  start: z.int().nonnegative().optional(),
  end: z.int().nonnegative().optional(),
});

/** What any system can say of its answer to one question. Only `id` and `answer` are needed. */
const plainLineSchema = questionSchema.partial().extend({
  id: z.string().min(1),
  /** `null`: it declined. */
  answer: z.string().nullable(),
  /** Probability that the answer is right. Without it there is no risk-coverage and no calibration. */
  confidence: z.number().min(0).max(1).nullish(),
  /** Whether a user would have seen it. Default: yes, from `--min-confidence` on where it has a confidence. */
  shown: z.boolean().optional(),
  /** Absent: citations are not measured. */
  citations: z.array(plainCitationSchema).optional(),
  /** Documents of the hits beside the answer, best first. Absent: recall is not measured. */
  hits: z.array(z.string()).optional(),
  /** Milliseconds by stage, such as `{"total": 812}`. */
  timings: z.record(z.string(), z.number().nonnegative()).optional(),
});

export type PlainLine = z.infer<typeof plainLineSchema>;
export type PlainCitation = z.infer<typeof plainCitationSchema>;

/** An answer of any system with the gold answers of its question. */
export interface PlainAnswer extends Question {
  answer: string | null;
  confidence: number | null;
  shown: boolean;
  citations: readonly PlainCitation[] | null;
  hits: readonly string[] | null;
  /** Milliseconds by stage. */
  timings: Readonly<Record<string, number>>;
  /** The file has no line for this question. */
  missing: boolean;
}

/** What a line of `--answers` can become: a record of `--records`, or an answer of any system. */
export type RecordedAnswer = AnswerRecord | PlainAnswer;

export const isRecord = (answer: RecordedAnswer): answer is AnswerRecord => 'candidates' in answer;

/** Told by `candidates`; a union of schemas would name every field of both in its message. */
const lineSchema = z.unknown().transform((value, context): AnswerRecord | PlainLine => {
  const isRecordLine = typeof value === 'object' && value !== null && 'candidates' in value;
  const parsed = (isRecordLine ? answerRecordSchema : plainLineSchema).safeParse(value);
  if (parsed.success) return parsed.data;
  context.issues.push(...parsed.error.issues.map((issue) => ({ ...issue, input: undefined, code: 'custom' as const })));
  return z.NEVER;
});

export interface ReadAnswersOptions {
  /** Gold answers by question; they replace what the lines say. Questions without a line count as missing. */
  questions?: readonly Question[];
  /** For lines that do not say `shown`. @default 0 */
  minConfidence?: number;
}

export interface RecordedAnswers {
  /** In the order of the questions, else of the file. */
  answers: RecordedAnswer[];
  /** Ids of lines that no question asks for; they are left out. */
  unasked: string[];
}

/**
 * Reads recorded answers: lines of `--records` or plain ones, also mixed. An id that comes twice counts with its last
 * line.
 *
 * @throws ServiceError naming file, line or id.
 */
export async function readAnswers(path: string, options: ReadAnswersOptions = {}): Promise<RecordedAnswers> {
  const { questions, minConfidence = 0 } = options;
  const lines = new Map<string, AnswerRecord | PlainLine>();
  for await (const line of readJsonLines(path, lineSchema, 'answers')) lines.set(line.id, line);
  if (lines.size === 0) throw new ServiceError('invalid-request', { message: `${path}: there is no answer.` });
  if (!questions) return { answers: [...lines.values()].map((line) => join(line, path, minConfidence)), unasked: [] };
  const asked = new Set(questions.map(({ id }) => id));
  return {
    answers: questions.map((question) => {
      const line = lines.get(question.id);
      return line ? join({ ...line, ...goldOf(question) }, path, minConfidence) : missingAnswer(goldOf(question));
    }),
    unasked: [...lines.keys()].filter((id) => !asked.has(id)),
  };
}

function join(line: AnswerRecord | PlainLine, path: string, minConfidence: number): RecordedAnswer {
  if ('candidates' in line) return line;
  const { question = '', answers, answerable = (answers?.length ?? 0) > 0, ...rest } = line;
  if (!answers) {
    const message = `${path}: ${line.id} has no gold answers. Add --questions FILE, or "answers": [..] to each line.`;
    throw new ServiceError('invalid-request', { message });
  }
  const { answer, confidence = null, shown, citations = null, hits = null, timings = {} } = rest;
  const sure = confidence === null || confidence >= minConfidence;
  return {
    ...rest,
    question,
    answers,
    answerable,
    answer,
    confidence: answer === null ? null : confidence,
    shown: answer !== null && (shown ?? sure),
    citations,
    hits,
    timings,
    missing: false,
  };
}

/** The question alone: whoever passes answers as questions does not mean their answers. */
function goldOf({ id, question, answers, answerable, documentIds, language, kind }: Question): Question {
  return {
    id,
    question,
    answers,
    answerable,
    ...(documentIds && { documentIds }),
    ...(language && { language }),
    ...(kind && { kind }),
  };
}

function missingAnswer(question: Question): PlainAnswer {
  return {
    ...question,
    answer: null,
    confidence: null,
    shown: false,
    citations: null,
    hits: null,
    timings: {},
    missing: true,
  };
}
