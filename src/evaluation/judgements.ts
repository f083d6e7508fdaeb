import { ByteTable } from './byte-table.js';
import type { Qrels } from './formats/qrels.js';

/** The grade, in a ranking, of a document that nobody judged. */
export const UNPOOLED = -1;
/** The grade, in a ranking, of a document that was to be judged and was not: a negative grade in the qrels. */
export const UNJUDGED = -2;

/** What is known about one topic: its judged documents, numbered. */
export interface TopicJudgements {
  topic: string;
  /** Ids of the judged documents; the number of an id is the index into `grades`. */
  documents: ByteTable;
  /** As in the qrels, also negative. */
  grades: Int32Array;
  /** Grades of 0 and more, highest first. */
  sortedGrades: Int32Array;
  /** For each subtopic the grade of every judged document, 0 where it was not judged for it; ordered by subtopic id. */
  subtopics: readonly Int32Array[];
}

/** Judgements, ready to be held against runs. */
export interface Judgements {
  /** In the order of the qrels. */
  topics: readonly TopicJudgements[];
  /** Ids of the topics; the number of an id is the index into `topics`. */
  topicIds: ByteTable;
}

/** The ranking of one topic, in the numbers of its judgements. */
export interface JudgedRanking {
  judgements: TopicJudgements;
  /** By rank, from the best: number of the document among the judged ones, -1 where it was not judged. */
  documents: Int32Array;
  /** By rank: the grade, {@link UNPOOLED} or {@link UNJUDGED}. */
  grades: Int32Array;
}

export function prepareJudgements(qrels: Qrels): Judgements {
  const topicIds = new ByteTable(qrels.topics.size);
  const topics: TopicJudgements[] = [];
  for (const [topic, judged] of qrels.topics) {
    topicIds.addText(topic);
    const documents = new ByteTable(judged.size);
    for (const documentId of judged.keys()) documents.addText(documentId);
    const grades = Int32Array.from(judged.values());
    const sortedGrades = grades
      .filter((grade) => grade >= 0)
      .sort()
      .reverse();
    topics.push({ topic, documents, grades, sortedGrades, subtopics: subtopicGrades(qrels, topic, documents) });
  }
  return { topics, topicIds };
}

function subtopicGrades(qrels: Qrels, topic: string, documents: ByteTable): Int32Array[] {
  const subtopics = [...(qrels.subtopics.get(topic) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return subtopics.map(([, judged]) => {
    const grades = new Int32Array(documents.size);
    for (const [documentId, grade] of judged) grades[documents.addText(documentId)] = grade;
    return grades;
  });
}

/** How many judged documents have at least a grade. */
export function countRelevant({ sortedGrades }: TopicJudgements, rel: number): number {
  let count = 0;
  while (count < sortedGrades.length && (sortedGrades[count] as number) >= rel) count += 1;
  return count;
}

/** A ranking from the numbers of its documents. */
export function judgedRanking(judgements: TopicJudgements, documents: Int32Array): JudgedRanking {
  const grades = new Int32Array(documents.length);
  for (let rank = 0; rank < documents.length; rank++) {
    const document = documents[rank] as number;
    const grade = document < 0 ? UNPOOLED : (judgements.grades[document] as number);
    grades[rank] = document >= 0 && grade < 0 ? UNJUDGED : grade;
  }
  return { judgements, documents, grades };
}
