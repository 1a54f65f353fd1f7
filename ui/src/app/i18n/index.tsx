import { notifications } from '@mantine/notifications';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { preferences, usePreferences } from '../preferences';
import type { Dictionary, Key } from './en';
import { type Format, makeFormat } from './format';

export type Language = 'en' | 'es';

/** A language and what it says. Only the language in use is fetched. */
export interface Spoken {
  language: Language;
  texts: Dictionary;
}

const fetched: Record<Language, () => Promise<Dictionary>> = {
  en: async () => (await import('./en')).en,
  es: async () => (await import('./es')).es,
};

export async function speak(language: Language): Promise<Spoken> {
  return { language, texts: await fetched[language]() };
}

/** Fetches the language that the page opens with. */
export function speakFirst(): Promise<Spoken> {
  return speak(languageOf(preferences().language, navigator.language));
}

type Arguments<K extends Key> = Dictionary[K] extends (values: infer V) => string ? [V] : [];

/** Gives the text of a key in the language in force. */
export type Translate = <K extends Key>(key: K, ...values: Arguments<K>) => string;

export function translator(texts: Dictionary): Translate {
  return (key, ...values) => {
    const text = texts[key] as string | ((values: unknown) => string);
    return typeof text === 'function' ? text(values[0]) : text;
  };
}

export function languageOf(choice: 'auto' | Language, system: string): Language {
  if (choice !== 'auto') return choice;
  return /^es\b/i.test(system) ? 'es' : 'en';
}

interface I18n {
  t: Translate;
  fmt: Format;
  language: Language;
}

const Context = createContext<I18n | null>(null);

interface ProviderProps {
  /** What the page opens with, so that nothing is ever shown untranslated. */
  first: Spoken;
  children: ReactNode;
}

/** Speaks the language that is preferred, from the moment that its texts are here. */
export function I18nProvider({ first, children }: ProviderProps) {
  const { language: choice, zone } = usePreferences();
  const wanted = languageOf(choice, navigator.language);
  const [spoken, setSpoken] = useState(first);
  useEffect(() => {
    if (wanted === spoken.language) return;
    let current = true;
    speak(wanted).then(
      (next) => current && setSpoken(next),
      // The one in use stays.
      () => current && notifications.show({ message: translator(spoken.texts)('language.failed'), color: 'red' }),
    );
    return () => {
      current = false;
    };
  }, [wanted, spoken]);
  const value = useMemo(() => {
    const { language, texts } = spoken;
    // The reader's own region, where it is one of the language: "es-AR" groups thousands unlike "es-MX".
    const region = navigator.languages?.find((tag) => tag.toLowerCase().startsWith(language));
    return { t: translator(texts), fmt: makeFormat(region ?? language, zone), language };
  }, [spoken, zone]);
  useEffect(() => {
    document.documentElement.lang = spoken.language;
  }, [spoken]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error('useI18n outside of I18nProvider');
  return value;
}
