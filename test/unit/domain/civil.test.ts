/** Time zones and locales as producers write them: what counts, as what, and what does not. */
import { describe, expect, it } from 'vitest';
import { canonicalLocale, canonicalTimeZone, knownTimeZone, readLocale } from '../../../src/domain/civil.ts';

describe('a locale as phones write it', () => {
  it.each([
    ['de-DE', 'de-DE'],
    ['de_DE', 'de-DE'],
    ['DE_de', 'de-DE'],
    ['zh_HK_#Hant', 'zh-Hant-HK'],
    ['zh__#Hans', 'zh-Hans'],
    ['zh_TW_#Hant_x-java', 'zh-Hant-TW'],
    ['zh-Hans_CN', 'zh-Hans-CN'],
    ['zh_Hant_HK', 'zh-Hant-HK'],
    ['th_TH_TH_#u-nu-thai', 'th-TH'],
    ['ja_JP_JP', 'ja-JP'],
    ['en_US_POSIX', 'en-US-u-va-posix'],
    ['de_DE.UTF-8', 'de-DE'],
    ['de_DE.UTF-8@euro', 'de-DE'],
    ['sr_RS@latin', 'sr-Latn-RS'],
    ['sr_RS@cyrillic', 'sr-Cyrl-RS'],
    ['ks_IN@devanagari', 'ks-Deva-IN'],
    ['en_US@calendar=japanese;currency=USD', 'en-US'],
    ['de_CH_1996', 'de-CH-1996'],
    ['es_419', 'es-419'],
    ['iw', 'he'],
    ['iw_IL', 'he-IL'],
    ['in_ID', 'id-ID'],
    ['en_UK', 'en-GB'],
    ['fil_PH', 'fil-PH'],
  ])('%s counts as %s', (text, tag) => {
    expect(readLocale(text)).toBe(tag);
  });

  it.each(['not a locale!', '_DE', 'd_DE', 'de__', 'de-DE-x', 'de DE', '#Hant', '@', '1_2', '', 7, null, {}])(
    '%j is none',
    (text) => {
      expect([undefined, 'de']).toContain(readLocale(text));
    },
  );

  it('a document’s own stay as strict as BCP 47', () => {
    expect(canonicalLocale('de_DE')).toBeUndefined();
    expect(canonicalLocale('de-de')).toBe('de-DE');
  });
});

describe('a time zone', () => {
  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['EUROPE/BERLIN', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['GMT', 'UTC'],
    ['Etc/GMT+1', 'Etc/GMT+1'],
    ['US/Pacific', 'America/Los_Angeles'],
    ['America/Argentina/Buenos_Aires', 'America/Buenos_Aires'],
  ])('%s is %s, whatever its spelling: what is kept by zone has an end', (name, zone) => {
    expect(canonicalTimeZone(name)).toBe(zone);
    expect(knownTimeZone(name)).toBe(name);
  });

  it.each(['GMT+1', 'GMT+01:00', '+02:00', '-0500', 'UTC+2', 'Z', 'Europe/Nowhere', 'Europe/', '', 7, null])(
    '%j is none',
    (name) => {
      expect(canonicalTimeZone(name)).toBeUndefined();
      expect(knownTimeZone(name)).toBeUndefined();
    },
  );
});
