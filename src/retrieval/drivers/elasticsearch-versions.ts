import type { estypes } from '@elastic/elasticsearch';
import { ServiceError } from '../../errors.js';
import {
  type AliasMove,
  buildingAlias,
  type IndexVersions,
  movesTo,
  toVersions,
  type VersionedIndex,
  versionName,
} from '../index-versions.js';
import type { ElasticsearchAccess } from './elasticsearch-contents.js';

type AliasAction = estypes.IndicesUpdateAliasesAction;

/** The versions of an Elasticsearch index: each is an index of its own, aliases say which is which. */
export function elasticsearchVersions(
  { client, alias, ask }: ElasticsearchAccess,
  create: (index: string, aliases: readonly string[], signal: AbortSignal) => Promise<void>,
): VersionedIndex {
  const versions = async (signal: AbortSignal): Promise<IndexVersions> => {
    const found = await ask(signal, (options) =>
      client.indices.getAlias({ index: `${alias}-*`, allow_no_indices: true }, options),
    ).catch((error: unknown) => {
      if (error instanceof ServiceError && error.code === 'index-missing') return {};
      throw error;
    });
    const held = Object.entries(found).flatMap(([index, { aliases }]) =>
      Object.keys(aliases).map((name) => [name, index] as const),
    );
    return toVersions(alias, Object.keys(found), new Map(held));
  };
  const change = (actions: AliasAction[], signal: AbortSignal) =>
    ask(signal, (options) => client.indices.updateAliases({ actions }, options));
  const toAction = ({ action, name, version }: AliasMove): AliasAction => {
    const place = { index: versionName(alias, version), alias: name };
    return action === 'add' ? { add: place } : { remove: { ...place, must_exist: false } };
  };
  const setFrozen = (version: number, isFrozen: boolean, signal: AbortSignal) => {
    const index = versionName(alias, version);
    return ask<unknown>(signal, (options) =>
      isFrozen
        ? client.indices.addBlock({ index, block: 'write' }, options)
        : client.indices.putSettings({ index, settings: { 'blocks.write': null } as object }, options),
    );
  };

  return {
    name: 'elasticsearch',
    versions,
    async start(version, signal) {
      const { all, building } = await versions(signal);
      if (building === version) return;
      if (all.includes(version))
        await change([toAction({ action: 'add', name: buildingAlias(alias), version })], signal);
      else await create(versionName(alias, version), [buildingAlias(alias)], signal);
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
      await setFrozen(previous, false, signal);
      await change(movesTo(previous, alias, found).map(toAction), signal);
    },
    async remove(version, signal) {
      await ask(signal, (options) => client.indices.delete({ index: versionName(alias, version) }, options));
    },
    async freeze(isFrozen, signal) {
      const { current } = await versions(signal);
      if (current !== null) await setFrozen(current, isFrozen, signal);
    },
  };
}
