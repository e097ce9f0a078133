import type { ScriptContent } from '../../../src/call/script/content.rule.ts';

/** A script that can be handed in, as people write it. */
export const written: ScriptContent = {
  opening: '您好，这里是云汀金融客户服务中心，工号 1001，请问是您本人吗？',
  reason: '您上周反映的问题已有处理结果，现在向您回复。',
  branches: [
    { key: 'A', label: '认可处理结果', text: '感谢您的理解，祝您生活愉快。', next: null, result: 'resolved' },
    { key: 'B', label: '不认可', text: '我为您登记并转交主管，明天再与您联系。', next: 'C', result: null },
    { key: 'C', label: '约定时间', text: '请问明天什么时间方便？', next: null, result: 'callback' },
    { key: 'D', label: '不愿再接听', text: '好的，我们不再致电打扰。', next: null, result: 'do-not-contact' },
  ],
  closing: '如有其他问题，请拨打客服热线。再见。',
  verification: ['name', 'birth-date', 'mobile'],
  results: ['resolved', 'unresolved', 'callback', 'refused', 'wrong-person', 'do-not-contact'],
};
