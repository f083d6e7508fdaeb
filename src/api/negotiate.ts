import { ServiceError } from '../errors.js';

const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';

/**
 * JSON or an event stream, as the `Accept` header prefers; JSON when it does not care.
 *
 * @throws ServiceError `not-acceptable` when it wants neither.
 */
export function preferredType(accept: string | undefined): 'json' | 'events' {
  if (!accept?.trim()) return 'json';
  const ranges = accept.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { range, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
  });
  // The most exact range that covers a type decides (RFC 9110, section 12.5.1).
  const qualityOf = (type: string) => {
    const covering = [type, `${type.split('/')[0]}/*`, '*/*'].map((range) => ranges.find((one) => one.range === range));
    return covering.find((one) => one !== undefined)?.quality ?? 0;
  };
  const json = qualityOf(JSON_TYPE);
  const events = qualityOf(EVENTS_TYPE);
  if (json === 0 && events === 0) {
    const message = `Accept: expected ${JSON_TYPE} or ${EVENTS_TYPE}.`;
    throw new ServiceError('not-acceptable', { message });
  }
  return events > json ? 'events' : 'json';
}
