import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { usePreferences } from '../preferences';
import { type Dictionary, en, type Key } from './en';
import { es } from './es';
import { type Format, makeFormat } from './format';

export type Language = 'en' | 'es';

const dictionaries: Record<Language, Dictionary> = { en, es };

type Arguments<K extends Key> = Dictionary[K] extends (values: infer V) => string ? [V] : [];

/** Gives the text of a key in the language in force. */
export type Translate = <K extends Key>(key: K, ...values: Arguments<K>) => string;

export function translator(language: Language): Translate {
  return (key, ...values) => {
    const text = dictionaries[language][key] as string | ((values: unknown) => string);
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

export function I18nProvider({ children }: { children: ReactNode }) {
  const { language: choice, zone } = usePreferences();
  const language = languageOf(choice, navigator.language);
  const value = useMemo(() => {
    // The reader's own region, where it is one of the language: "es-AR" groups thousands unlike "es-MX".
    const region = navigator.languages?.find((tag) => tag.toLowerCase().startsWith(language));
    return { t: translator(language), fmt: makeFormat(region ?? language, zone), language };
  }, [language, zone]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error('useI18n outside of I18nProvider');
  return value;
}
