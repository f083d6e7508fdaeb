import type { Schemas } from '@qdrant/js-client-rest';
import {
  type AliasMove,
  buildingAlias,
  type IndexVersions,
  movesTo,
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
  const toAction = ({ action, name, version }: AliasMove): AliasAction =>
    action === 'add'
      ? { create_alias: { collection_name: versionName(alias, version), alias_name: name } }
      : { delete_alias: { alias_name: name } };

  return {
    name: 'qdrant',
    versions,
    async start(version, signal) {
      const { all, building } = await versions(signal);
      if (building === version) return;
      if (!all.includes(version)) await create(versionName(alias, version), signal);
      await change([toAction({ action: 'add', name: buildingAlias(alias), version })], signal);
    },
    async publish(signal) {
      const found = await versions(signal);
      const { building } = found;
      if (building === null) return;
      await change(movesTo(building, alias, found).map(toAction), signal);
    },
    async rollBack(signal) {
      const found = await versions(signal);
      const { previous } = found;
      if (previous === null) return;
      await change(movesTo(previous, alias, found).map(toAction), signal);
    },
    async remove(version, signal) {
      await ask(signal, (init) => api.deleteCollection({ collection_name: versionName(alias, version) }, init));
    },
  };
}
