import { ServiceError } from '../errors.js';

/** Versions of the index behind one alias, as numbers from 1. */
export interface IndexVersions {
  /** The one that is read and written; `null` when there is no index. */
  current: number | null;
  /** The one that was current before, kept to go back to. */
  previous: number | null;
  /** The one that is being filled. */
  building: number | null;
  /** All that are there, ascending. */
  all: readonly number[];
}

/** A store whose index can be made anew beside the one that serves. */
export interface VersionedIndex {
  readonly name: string;
  versions(signal: AbortSignal): Promise<IndexVersions>;
  /** Makes an empty version and marks it as being filled; one that is there already is left as it is. */
  start(version: number, signal: AbortSignal): Promise<void>;
  /** In one step: what is being filled becomes current, and the current one previous. */
  publish(signal: AbortSignal): Promise<void>;
  /** In one step: current and previous change places. */
  rollBack(signal: AbortSignal): Promise<void>;
  remove(version: number, signal: AbortSignal): Promise<void>;
  /**
   * Refuses writes to the current version from now on, when it resolves those under way are done; `false` lets it be written
   * again. A store that cannot do it leaves it out.
   */
  freeze?(isFrozen: boolean, signal: AbortSignal): Promise<void>;
}

/** Names of the aliases and indexes that belong to one alias. */
export const buildingAlias = (alias: string): string => `${alias}-building`;
export const previousAlias = (alias: string): string => `${alias}-previous`;
export const versionName = (alias: string, version: number): string => `${alias}-${String(version).padStart(6, '0')}`;

/** The number in a version's name, `null` for the name of something else. */
export function versionOf(alias: string, name: string): number | null {
  const digits = name.startsWith(`${alias}-`) ? name.slice(alias.length + 1) : '';
  return /^\d{6,}$/.test(digits) ? Number(digits) : null;
}

/** @param held Version by each alias that names one. */
export function toVersions(alias: string, names: readonly string[], held: ReadonlyMap<string, string>): IndexVersions {
  const numbers = names.flatMap((name) => versionOf(alias, name) ?? []);
  const at = (name: string) => {
    const version = held.get(name);
    return version === undefined ? null : versionOf(alias, version);
  };
  return {
    current: at(alias),
    previous: at(previousAlias(alias)),
    building: at(buildingAlias(alias)),
    all: numbers.sort((a, b) => a - b),
  };
}

/**
 * Makes the other stores serve the version that the first one serves, where a switch was cut short between two of them.
 *
 * @returns What was done, for a person; empty when they agreed.
 * @throws ServiceError `index-mismatch` when they disagree and it is not known how.
 */
export async function agree(stores: readonly VersionedIndex[], signal: AbortSignal): Promise<string[]> {
  const [first, ...others] = stores;
  const wanted = first ? (await first.versions(signal)).current : null;
  const done: string[] = [];
  for (const store of others) {
    const { current, previous, building } = await store.versions(signal);
    if (current === wanted) continue;
    if (wanted !== null && building === wanted) await store.publish(signal);
    else if (wanted !== null && previous === wanted) await store.rollBack(signal);
    else {
      const message = `${first?.name} serves version ${wanted ?? 'none'}, ${store.name} ${current ?? 'none'}. Run: candor rebuild PATH...`;
      throw new ServiceError('index-mismatch', { message });
    }
    done.push(`${store.name} now serves version ${wanted}, as ${first?.name} does`);
  }
  return done;
}

/**
 * The version to fill: one that an earlier run has begun, else a new one in every store.
 *
 * @returns Its number, and whether it was begun earlier.
 */
export async function beginVersion(
  stores: readonly VersionedIndex[],
  signal: AbortSignal,
): Promise<{ version: number; isResumed: boolean }> {
  const all = await Promise.all(stores.map((store) => store.versions(signal)));
  const begun = all.find(({ building }) => building !== null)?.building;
  const version = begun ?? Math.max(0, ...all.flatMap((one) => one.all)) + 1;
  for (const store of stores) await store.start(version, signal);
  return { version, isResumed: begun !== undefined && begun !== null };
}

/** Every store serves what was being filled; what is older than the version to go back to is removed. */
export async function publishVersion(stores: readonly VersionedIndex[], signal: AbortSignal): Promise<void> {
  for (const store of stores) await store.publish(signal);
  for (const store of stores) {
    const { all, current, previous } = await store.versions(signal);
    for (const version of all) {
      if (version !== current && version !== previous) await store.remove(version, signal);
    }
  }
}

/**
 * Every store serves the version before.
 *
 * @returns The version that is served now.
 * @throws ServiceError `index-missing` when there is none to go back to.
 */
export async function rollBackVersion(stores: readonly VersionedIndex[], signal: AbortSignal): Promise<number> {
  const all = await Promise.all(stores.map((store) => store.versions(signal)));
  const target = all[0]?.previous ?? null;
  if (target === null || all.some(({ previous }) => previous !== target)) {
    const message = 'There is no version to go back to in every store: a rebuild keeps the one it replaces.';
    throw new ServiceError('index-missing', { message });
  }
  for (const store of stores) await store.rollBack(signal);
  return target;
}

/** One step of a switch: an alias is taken from a version, or given to it. */
export interface AliasMove {
  action: 'add' | 'drop';
  name: string;
  version: number;
}

/** What makes `next` the version that is served and the one before it the previous one; a store applies all of it at once. */
export function movesTo(next: number, alias: string, { current, previous, building }: IndexVersions): AliasMove[] {
  const move = (action: AliasMove['action'], version: number | null, name: string): AliasMove[] =>
    version === null ? [] : [{ action, name, version }];
  return [
    ...move('drop', building === next ? building : null, buildingAlias(alias)),
    ...move('drop', previous, previousAlias(alias)),
    ...move('drop', current, alias),
    ...move('add', current, previousAlias(alias)),
    ...move('add', next, alias),
  ];
}
