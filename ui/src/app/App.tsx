import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, useEffect } from 'react';
import { whenRefused } from '@/api/client';
import { makeQueryClient, queries } from '@/api/queries';
import { I18nProvider, type Spoken } from './i18n';
import { makeRouter } from './router';
import { Notes } from './shell/Notes';
import { theme } from './theme/theme';

const client = makeQueryClient();
const router = makeRouter();
const schemes = localStorageColorSchemeManager({ key: 'eljefe.scheme' });

export function App({ spoken }: { spoken: Spoken }) {
  useEffect(() => {
    whenRefused((error) => {
      if (error.status === 401) client.setQueryData(queries.session().queryKey, null);
      else void client.invalidateQueries({ queryKey: queries.session().queryKey });
    });
    return followLinks();
  }, []);
  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={schemes}
        // The variables are in the style sheet (see build/themeVariables.ts): no <style> element is ever made.
        withCssVariables={false}
        withGlobalClasses={false}
        withStaticClasses={false}
      >
        <I18nProvider first={spoken}>
          <QueryClientProvider client={client}>
            <RouterProvider router={router} />
            <Notes />
          </QueryClientProvider>
        </I18nProvider>
      </MantineProvider>
    </StrictMode>
  );
}

/** Lets every plain link to a page of this site be followed without loading the site anew. */
function followLinks(): () => void {
  const onClick = (event: MouseEvent) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (!link.hasAttribute('href') || link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    router.history.push(link.pathname + link.search + link.hash);
  };
  document.addEventListener('click', onClick);
  return () => document.removeEventListener('click', onClick);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
