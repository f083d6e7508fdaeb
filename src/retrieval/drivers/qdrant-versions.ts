import type { Schemas } from '@qdrant/js-client-rest';
import {
  buildingAlias,
  type IndexVersions,
  previousAlias,
  toVersions,
  type VersionedIndex,
  versionName,
} from '../index-versions.js';
import type { QdrantAccess } from './qdrant-contents.js';

type AliasAction = Schemas['AliasOperations'];

/** The versions of a Qdrant collection: each is a collection of its own, aliases say which is which. */
export function qdrantVersions(
  { api, alias, ask }: QdrantAccess,
  create: (collection: string, signal: AbortSignal) => Promise<void>,
): VersionedIndex {
  const versions = async (signal: AbortSignal): Promise<IndexVersions> => {
    const [{ collections }, { aliases }] = await Promise.all([
      ask(signal, (init) => api.getCollections({}, init)),
      ask(signal, (init) => api.getCollectionsAliases({}, init)),
    ]);
    const held = aliases.map(({ alias_name, collection_name }) => [alias_name, collection_name] as const);
    return toVersions(
      alias,
      collections.map(({ name }) => name),
      new Map(held),
    );
  };
  const change = (actions: AliasAction[], signal: AbortSignal) =>
    ask(signal, (init) => api.updateAliases({ actions }, init));
  const drop = (version: number | null, alias_name: string): AliasAction[] =>
    version === null ? [] : [{ delete_alias: { alias_name } }];
  const add = (version: number | null, alias_name: string): AliasAction[] =>
    version === null ? [] : [{ create_alias: { collection_name: versionName(alias, version), alias_name } }];

  return {
    name: 'qdrant',
    versions,
    async start(version, signal) {
      const { all, building } = await versions(signal);
      if (building === version) return;
      if (!all.includes(version)) await create(versionName(alias, version), signal);
      await change(add(version, buildingAlias(alias)), signal);
    },
    async publish(signal) {
      const { current, previous, building } = await versions(signal);
      if (building === null) return;
      await change(
        [
          ...drop(building, buildingAlias(alias)),
          ...drop(previous, previousAlias(alias)),
          ...drop(current, alias),
          ...add(current, previousAlias(alias)),
          ...add(building, alias),
        ],
        signal,
      );
    },
    async rollBack(signal) {
      const { current, previous } = await versions(signal);
      if (previous === null) return;
      await change(
        [
          ...drop(previous, previousAlias(alias)),
          ...drop(current, alias),
          ...add(current, previousAlias(alias)),
          ...add(previous, alias),
        ],
        signal,
      );
    },
    async remove(version, signal) {
      await ask(signal, (init) => api.deleteCollection({ collection_name: versionName(alias, version) }, init));
    },
  };
}
