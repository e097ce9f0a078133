type Sentences = { holds: readonly [en: string, zh: string]; fault: readonly [en: string, zh: string] };

/** Every check of the verifier, causes before what follows from them. The codes are part of the format (docs/archive.md). */
export const sentences = {
  'archive.json': {
    holds: ['The file is one JSON object in UTF-8.', '文件是一个 UTF-8 编码的 JSON 对象。'],
    fault: ['The file is not one JSON object in UTF-8.', '文件不是一个 UTF-8 编码的 JSON 对象。'],
  },
  'archive.canonical': {
    holds: ['Every byte of the file is in canonical form.', '文件逐字节符合规范格式。'],
    fault: ['The bytes are not the canonical form of the content.', '文件字节与其内容的规范格式不一致。'],
  },
  'archive.format': {
    holds: ['The format is one that this verifier knows.', '格式为本校验程序支持的格式。'],
    fault: [
      'The format is neither waihu.archive/3 nor waihu.form-archive/1.',
      '格式既不是 waihu.archive/3，也不是 waihu.form-archive/1。',
    ],
  },
  'archive.digest': {
    holds: ['The content has the stated digest.', '内容与所载摘要一致。'],
    fault: ['The content does not have the stated digest: it was changed.', '内容与所载摘要不一致：内容被改动过。'],
  },
  'archive.seal': {
    holds: ['The seal holds over the digest.', '封签与摘要相符。'],
    fault: ['The seal does not hold over the digest.', '封签与摘要不符。'],
  },
  'archive.seal-key': {
    holds: ['The sealing key is the one given.', '封签密钥与指定的一致。'],
    fault: ['The sealing key is not the one given.', '封签密钥与指定的不一致。'],
  },
  'archive.shape': {
    holds: ['All fields are there and readable.', '各字段齐全且可读。'],
    fault: ['A field is missing, unknown or unreadable.', '有字段缺失、多余或无法读取。'],
  },
  'form.digest': {
    holds: ['The form has the stated digest.', '确认书与所载摘要一致。'],
    fault: ['The form does not have the stated digest.', '确认书与所载摘要不一致。'],
  },
  'signature.digest': {
    holds: ['Both signatures are for this form.', '两份签字均针对本确认书。'],
    fault: ['A signature is for another form.', '有签字针对的是另一份确认书。'],
  },
  'form.matches': {
    holds: ['Campaign, template and audience are those of the form.', '活动、模板、名单与确认书一致。'],
    fault: ['Campaign, template or audience differ from the form.', '活动、模板或名单与确认书不一致。'],
  },
  'calendar.version': {
    holds: ['The working-day calendar is the one the form names, day by day.', '工作日历与确认书所列版本逐日一致。'],
    fault: ['The working-day calendar is not the one the form names.', '工作日历与确认书所列版本不一致。'],
  },
  'signature.roles': {
    holds: ['The liaison signed first, then the leader.', '联络员先签字，分管领导后签字。'],
    fault: ['The signatures are not the liaison’s and then the leader’s.', '签字不是先联络员、后分管领导各一份。'],
  },
  'signature.people': {
    holds: ['Applicant, liaison and leader are three people.', '申请人、联络员、分管领导为三个不同的人。'],
    fault: [
      'Applicant, liaison and leader are not three known people.',
      '申请人、联络员、分管领导不是三个已知的不同人员。',
    ],
  },
  'signature.credential': {
    holds: ['Each signer signed with a key of their own.', '签字人均使用本人的密钥。'],
    fault: ['A signature names no key, or a key of somebody else.', '有签字未对应密钥，或密钥属于他人。'],
  },
  'credential.fingerprint': {
    holds: ['The keys have the stated fingerprints.', '密钥与所载指纹一致。'],
    fault: ['A key does not have its fingerprint, or serves two people.', '有密钥与指纹不符，或一把密钥被两人使用。'],
  },
  'credential.active': {
    holds: [
      'Each key was approved by somebody else before signing and not revoked.',
      '密钥在签字前已由他人批准且未吊销。',
    ],
    fault: [
      'A key was not approved by somebody else before signing, or was revoked.',
      '有密钥在签字前未经他人批准，或已被吊销。',
    ],
  },
  'signature.evidence': {
    holds: ['Both signatures hold.', '两份签字验证通过。'],
    fault: ['A signature does not hold.', '有签字验证不通过。'],
  },
  'signature.expired': {
    holds: ['Both signed before the form expired.', '两份签字均在确认书有效期内。'],
    fault: ['Somebody signed after the form had expired.', '有签字晚于确认书有效期。'],
  },
  'ledger.rows': {
    holds: ['The ledger has one readable row for each recipient.', '台账对每名收件人各有一行。'],
    fault: ['A ledger row is missing, out of order or unreadable.', '台账有行缺失、错序或无法读取。'],
  },
  'audience.batches': {
    holds: ['The recipients give the stated batch digests.', '收件人名单与各批摘要一致。'],
    fault: ['The recipients do not give the stated batch digests.', '收件人名单与所载批次摘要不一致。'],
  },
  'audience.root': {
    holds: ['The batch digests give the root that was signed.', '各批摘要与所签名单根摘要一致。'],
    fault: ['The batch digests do not give the root that was signed.', '各批摘要与所签名单根摘要不一致。'],
  },
  'ledger.masked': {
    holds: ['Every phone number is masked.', '手机号均已脱敏。'],
    fault: ['A phone number is not masked.', '有手机号未脱敏。'],
  },
  'ledger.states': {
    holds: ['Every recipient stands in a final state with what belongs to it.', '每名收件人均为终态，且要素齐全。'],
    fault: [
      'A recipient’s state is open, unknown to the format, or lacks what belongs to it.',
      '有收件人状态未终结、不存在，或要素不全。',
    ],
  },
  'ledger.reasons': {
    holds: [
      'Suppressed and failed recipients have a known reason; no other has one.',
      '禁发和失败的收件人均有规定的原因，其他均无。',
    ],
    fault: ['A reason is missing, unknown or out of place.', '有原因缺失、不在规定范围内或多余。'],
  },
  'ledger.counts': {
    holds: ['The counts are those of the rows and sum to the audience.', '各状态计数与台账一致，合计等于名单人数。'],
    fault: [
      'The counts are not those of the rows, or do not sum to the audience.',
      '各状态计数与台账不一致，或合计不等于名单人数。',
    ],
  },
  'ledger.out-ids': {
    holds: ['Each gateway request has its own number.', '每次网关请求编号唯一。'],
    fault: [
      'A gateway request’s number is used twice or is not the member’s own.',
      '有网关请求编号重复，或与收件人不对应。',
    ],
  },
  'ledger.signed': {
    holds: ['Nothing was sent before the leader had signed.', '分管领导签字前无任何发送。'],
    fault: ['A message was sent before the leader had signed.', '有短信在分管领导签字前发出。'],
  },
  'ledger.window': {
    holds: ['Every call to the gateway began inside the window that was signed.', '每次提交网关均在所签时间窗内开始。'],
    fault: ['A call to the gateway began outside the window that was signed.', '有提交在所签时间窗之外开始。'],
  },
  'ledger.hours': {
    holds: [
      'Every call to the gateway began in the daily hours and on the days that were signed.',
      '全部发送均在所签日期类型与每日时段内。',
    ],
    fault: [
      'A call to the gateway began outside the daily hours or days that were signed.',
      '有短信在所签日期类型或每日时段之外发出。',
    ],
  },
  'ledger.stopped': {
    holds: ['Nothing was sent while the campaign stood still.', '活动暂停或终止期间无任何发送。'],
    fault: ['A message was sent while the campaign stood still.', '有短信在活动暂停或终止期间发出。'],
  },
  'cost.ceiling': {
    holds: ['The cost is within the ceiling that was signed.', '费用未超过所签上限。'],
    fault: [
      'A message was sent when the known cost was above the ceiling that was signed.',
      '已知费用超过所签上限后仍有短信发出。',
    ],
  },
  'receipts.sums': {
    holds: ['The receipts’ counts agree with each other.', '回执各项计数相符。'],
    fault: ['The receipts’ counts do not agree with each other.', '回执各项计数不相符。'],
  },
  'audit.chain': {
    holds: ['What is on record of this campaign is one unbroken chain.', '本活动的操作记录首尾相接，链条完整。'],
    fault: ['The record is broken: a row was changed, removed or added.', '操作记录链条断裂：有记录被改、被删或被加。'],
  },
  'audit.events': {
    holds: [
      'The record has every step from creation to end, in order, with this form’s digest and list, and the signers’ keys and names.',
      '操作记录依次包含从创建到结束的各步骤，摘要、名单、签字密钥与姓名均一致。',
    ],
    fault: [
      'A step is missing from the record, out of order, or about another form, list, key or person.',
      '操作记录缺少步骤、次序不对，或针对另一份确认书、名单、密钥或人员。',
    ],
  },
  'audit.counts': {
    holds: [
      'Counts and receipts are those that were put on record at the end.',
      '各状态计数与回执与结束时的操作记录一致。',
    ],
    fault: [
      'Counts or receipts are not those that were put on record at the end.',
      '各状态计数或回执与结束时的操作记录不一致。',
    ],
  },
  'audit.times': {
    holds: ['Times follow one another, and none is later than the archive.', '各时间先后有序，且不晚于存档时间。'],
    fault: ['A time lies before what it follows, or after the archive was made.', '有时间先后颠倒，或晚于存档时间。'],
  },
} as const satisfies Record<string, Sentences>;
