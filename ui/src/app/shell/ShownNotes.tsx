import { Notifications } from '@mantine/notifications';

export function ShownNotes() {
  return <Notifications position="bottom-right" autoClose={4000} transitionDuration={100} />;
}
