import { isUrgent, type NoticeKind } from './notice.rule.ts';
import { escalation, isPersonal, isRobot, wantedByDefault, type ChannelKind } from './channel.rule.ts';

type PlannedChannel = { id: string; kind: ChannelKind; kinds: readonly NoticeKind[]; enabled: boolean };
type Choice = { kind: NoticeKind; channel: 'email' | 'sms'; wanted: boolean };
type Planned = { channelId: string; level: 0 | 1 | 2; dueAt: Date };

/**
 * By which channels a notice goes, and when. A person's goes by what they chose; the house's (`staffId` null) to the groups and
 * systems that hear of its kind. What is urgent climbs: the groups that do not hear of it anyhow, the SMS, the deputies.
 */
export function planFor(
  notice: { kind: NoticeKind; staffId: string | null; itemId: string; asDeputy: boolean; createdAt: Date },
  channels: readonly PlannedChannel[],
  choices: readonly Choice[],
): { deliveries: Planned[]; escalateAt: Date | null } {
  const { kind, createdAt } = notice;
  const urgent = isUrgent(kind);
  const later = (ms: number) => new Date(createdAt.getTime() + ms);
  // An alarm about a channel goes by the others.
  const usable = channels.filter(({ enabled, id }) => enabled && id !== notice.itemId);
  if (notice.staffId === null) {
    const deliveries = usable
      .filter((channel) => !isPersonal(channel.kind))
      .flatMap((channel): Planned[] => {
        if (channel.kinds.includes(kind)) return [{ channelId: channel.id, level: 0, dueAt: createdAt }];
        if (!urgent || !isRobot(channel.kind)) return [];
        return [{ channelId: channel.id, level: 1, dueAt: later(escalation.groupMs) }];
      });
    return { deliveries, escalateAt: urgent ? later(escalation.deputyMs) : null };
  }
  const deliveries = usable.flatMap((channel): Planned[] => {
    const by = channel.kind;
    if (!isPersonal(by)) return [];
    const chosen = choices.find((choice) => choice.kind === kind && choice.channel === by)?.wanted;
    const wanted = chosen ?? wantedByDefault(by, kind, urgent);
    // A deputy is asked because nobody else answered: there is no more time to climb.
    if (wanted || (urgent && notice.asDeputy)) return [{ channelId: channel.id, level: 0, dueAt: createdAt }];
    if (!urgent || by !== 'sms') return [];
    return [{ channelId: channel.id, level: 2, dueAt: later(escalation.smsMs) }];
  });
  return { deliveries, escalateAt: null };
}
