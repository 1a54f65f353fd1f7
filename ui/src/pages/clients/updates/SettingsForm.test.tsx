import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { UpdateSettings, Updates } from '@/api/types';
import { I18nProvider } from '@/app/i18n';
import { en } from '@/app/i18n/en';
import { SettingsForm } from './SettingsForm';

const usual: UpdateSettings = { enabled: false, labels: ['desks'], share: 100, threshold: 10 };

function show(settings: UpdateSettings) {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', async (path: string, { method = 'GET', body }: RequestInit = {}) => {
    if (method === 'PUT') {
      asked.push(JSON.parse(String(body)));
      return Response.json({});
    }
    return Response.json(path.includes('facets') ? { facets: [] } : {});
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['session'], { user: { id: 1, name: 'ana', role: 'administrator' } });
  render(
    <MantineProvider env="test">
      <I18nProvider first={{ language: 'en', texts: en }}>
        <QueryClientProvider client={client}>
          <SettingsForm updates={{ settings } as Updates} />
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>,
  );
  return asked;
}

const save = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Save' });
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it('saves what differs and is right, at once while updates are off', async () => {
  const asked = show(usual);
  expect(save().disabled).toBe(true);
  for (const wrong of ['', '0', '101', 'half']) {
    type('Share, in per cent', wrong);
    expect(save().disabled, wrong).toBe(true);
    screen.getByText('A whole number from 1 to 100');
  }
  type('Share, in per cent', '100');
  expect(save().disabled).toBe(true);
  type('Share, in per cent', '5');
  fireEvent.click(save());
  await waitFor(() => expect(asked).toEqual([{ ...usual, share: 5 }]));
});

it('takes the password while updates are on', async () => {
  const asked = show({ ...usual, enabled: true });
  type('Pause at failures, in per cent', '3');
  fireEvent.click(save());
  const dialog = within(await screen.findByRole('dialog', { name: 'Change which stations are updated' }));
  expect(asked).toEqual([]);
  fireEvent.change(dialog.getByLabelText('Your password'), { target: { value: 'mine' } });
  fireEvent.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(asked).toEqual([{ ...usual, enabled: true, threshold: 3, password: 'mine' }]));
});
