import { useDeviceAddress } from '@/app/deviceSearch';
import { useI18n } from '@/app/i18n';
import { Page } from '@/primitives/Page';
import { PageTabs } from '@/primitives/PageTabs';
import { DeviceEvents } from './DeviceEvents';
import { DeviceList } from './DeviceList';

/** USB devices: what happened with them, and which there are. */
export function DevicesPage() {
  const { t } = useI18n();
  const { search, go } = useDeviceAddress();
  const title = t('tab.devices');
  return (
    <Page title={search.q ? `${search.q} · ${title}` : title} headless fill>
      <PageTabs
        value={search.tab}
        onChange={(tab) => go({ tab: tab as typeof search.tab, d: undefined, sort: undefined, order: undefined })}
        tabs={[
          { id: 'events', label: t('devices.tab.events'), fill: true, body: () => <DeviceEvents /> },
          { id: 'devices', label: t('devices.tab.devices'), fill: true, body: () => <DeviceList /> },
        ]}
      />
    </Page>
  );
}
