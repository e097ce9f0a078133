/**
 * What people write when they want no more messages: the whole decision, for somebody who reads Chinese and no code. A reply is
 * looked at without spaces, signs, emoji and what cannot be seen, in capitals, half width and simplified characters.
 *
 * `how` a row's words count:
 * - `code`: letters that texts ask for. Alone, repeated, with a courtesy, at the beginning before a sign or Chinese (R，谢谢 · TD谢谢), at
 *   the end after a sign, after 回复 / 发 / 按. Not inside words (Rose, R1). `anywhere`: also in the middle of Chinese (麻烦TD一下).
 * - `word`: anywhere, but not as a part of a longer word of letters.
 * - `within`: anywhere.
 * - `alone`: only when nothing is left of the reply beside courtesies and repetitions.
 * - `pair`: a word of `words`, at once or after such as 再, 给, 我, followed by one of `verbs`.
 * `unless`: longer words that hold one of the row's and mean something else. `yes` and `no` are examples, and tests.
 */
export type OptOutRow = {
  id: string;
  how: 'code' | 'word' | 'within' | 'alone' | 'pair';
  anywhere?: true;
  words: string;
  verbs?: string;
  unless?: string;
  yes: string;
  no: string;
};

export const optOutTable: readonly OptOutRow[] = [
  {
    id: 'letter',
    how: 'code',
    words: 'R T N',
    unless:
      'T恤 T台 T型 T字 T细胞 T血 T检 T骨 T卡 T级 N年 N次 N个 N多 N久 N天 N种 N遍 N号 N条 N倍 N手 N元 R角 R级 R型 R键 R值 R星',
    yes: 'R | r。 | Ｒ | R，谢谢 | RR | R R R | “R” | 【R】 | 回复R | 回R了 | 已回复R请勿再发 | R谢谢 | R 谢谢您 | R！！！ | 不需要，R | 您好 R | r thanks | Ⓡ | ® | T | n | 按R',
    no: 'R1C1是什么 | Rose您好 | NBA | Tom | 我是张R | T恤还有吗 | N年前买过 | R是什么意思 | 回复R是什么意思 | R&B音乐 | T-shirt | N95口罩 | R.I.P | T_T | Ready | T1航站楼 | R U OK',
  },
  {
    id: 'short-code',
    how: 'code',
    anywhere: true,
    words: 'TD TDTD TUIDING TUIDIN TUDING TUIDIING TUIDNG TUID TUI JUSHOU',
    unless: 'TDLTE TDSCDMA TD银行 TD网络 TUI航空 TUI旅行',
    yes: 'TD | td. | T D | TDTD | TD谢谢您 | 回复TD | 麻烦TD一下 | 帮我td掉 | （TD） | tuiding | TuiDing谢谢 | tui ding | jushou',
    no: 'TD-LTE | STDIN | tds值 | tuition | TD银行客服',
  },
  {
    id: 'code-alone',
    how: 'code',
    words: 'QX JS TT退 QUXIAO BUYAO BIEFA BIEFALE BUYAOFA BUYAOFALE QINGWUDARAO WURAO 0000',
    unless: 'JS代码 JS文件 JS脚本 JS怎么 QX代码',
    yes: 'QX | js。 | QX，谢谢 | quxiao | bu yao | bie fa le | qing wu da rao | 0000',
    no: 'QXL | Jason | JS代码怎么写 | 00001 | 10000',
  },
  {
    id: 'unsubscribe',
    how: 'within',
    words: '退订 退定 退顶 退丁 退钉 推订 腿订 退DING TUI订 退D 订退订 退阅 退閲',
    unless:
      '退订单 退订金 退订票 退订房 退订酒店 退订机票 退订货 退订餐 退订座 退订位 退订购 退订的商品 退定金 退定单 不退订 别退订 没退订 没有退订 不想退订 不要退订 不用退订 不是退订 不是要退订 取消退订 误退订 不小心退订 不小心点了退订 恢复退订 撤销退订 退订错 推订单 退DINGDAN',
    yes: '退订 | 退訂 | 退 订 | 我要退订 | 【退订】 | 退订退订 | 怎么退订 | 为什么退订不了 | 退定 | 退顶 | 退丁 | T退订 | 退ding | tui订 | 已退订请勿再发',
    no: '如何退订单 | 退订金什么时候到 | 我不想退订 | 误退订了，怎么恢复 | 取消退订 | 退定金 | 退货 | 退款多久到账',
  },
  {
    id: 'reject',
    how: 'within',
    words:
      '拒收 拒绝接收 拒绝接受 拒绝再 拒绝推送 拒绝推广 拒绝营销 拒绝短信 拒绝骚扰 拒绝广告 拒绝信息 拒绝打扰 拒绝此类 拒绝这类 拒绝任何 拒绝垃圾 拒绝以后 拒接收 拒接短信 谢绝推销 谢绝打扰 谢绝骚扰 取消订阅 取消推送 取消短信 取消接收 取消通知 取消推广 取消关注 停止订阅 停止推送 关闭推送 关闭订阅 关闭短信 屏蔽短信 免打扰 勿扰 勿打扰 勿骚扰',
    unless:
      '拒收件 拒收货 拒收快递 拒收包裹 拒收了快递 拒收退回 快递拒收 包裹拒收 已经拒收了快递 不拒收 没拒收 没有拒收 取消拒收 取消免打扰 误拒收 没有取消订阅 不取消订阅 不想取消订阅 取消短信验证 取消通知单',
    yes: '拒收 | 拒绝接收 | 我拒绝再收到 | 取消订阅 | 请勿打扰 | 請勿打擾 | 勿擾 | 免打扰 | 谢绝推销 | 取消推送',
    no: '快递拒收了怎么办 | 申请被拒绝了 | 取消预约 | 取消拒收',
  },
  {
    id: 'refuse-alone',
    how: 'alone',
    words:
      '退 拒 不收 不想收 不接收 拒绝 我拒绝 取消 不要 不要不要 不需要 不用 不必 无需 没兴趣 不感兴趣 没有兴趣 没需要 没有需要 没有需求 没需求 不考虑 不想要 用不着 不稀罕 不接受 不同意 不办 不买 不贷 不做 停 停止 停发 退出 关闭 屏蔽 删除 拉黑 滚 滚蛋 滚开 滚远点 爬 走开 烦 烦死 烦人 真烦 别烦我 别烦 别再烦我 别来烦我 少来 别来 别再来 别 别再 骚扰 骚扰短信 垃圾短信 垃圾信息 不使',
    unless: '别的 别人 烦请',
    yes: '退 | 拒 | 拒绝 | 取消 | 不要 | 不要，谢谢 | 不需要，谢谢 | 谢谢，不用了 | 不用了谢谢 | 没兴趣 | 不感兴趣，谢谢 | 唔使 | 唔使喇 | 冇兴趣 | 不考虑 | 滚 | 烦死了 | 别烦我 | 您好，不需要 | 暂时不需要 | 我不需要 | 停',
    no: '不用谢 | 不要紧 | 特别好 | 别客气 | 取消订单 | 不需要发票 | 不考虑别的只要这个 | 不买别的 | 需要 | 停车在哪 | 关闭时间几点',
  },
  {
    id: 'no-more',
    how: 'pair',
    words:
      '别 不要 勿 勿要 停止 不想 不愿 不愿意 不再 不好再 不好 不要再 请停 禁止 谢绝 拒绝 不得 不准 不许 不用 不必 不需 不需要 无需 休得 严禁 少 少给 不得再 不希望 没必要 不喜欢',
    verbs:
      '发 推送 推销 推荐 推广 营销 收到 接收 收短信 收信息 收广告 收你们 收这种 收这类 收此类 收任何 收了 打扰 扰 骚扰 传 寄短信 寄信息 寄广告 传送 群发 轰炸 SEND 来信 联系我 打电话 来电 致电 烦我 通知我',
    unless:
      '分别 类别 特别 区别 级别 个别 性别 判别 告别 鉴别 识别 派别 差别 别人 至少 多少 不少 缺少 减少 最少 发货 发票 发烧 发现 发生 发展 发奖 发工资 发快递 发包裹 发顺丰 发红包 发朋友圈 发错 发愁 发火 发脾气 发呆 发给别人 发给他 发给她 发往 发到别 发出去 发来了 发到公司 发到单位 发到家 传染 传说 收费 怎么不再 为什么不再 为啥不再 怎么不发 发布',
    yes: '别发了 | 请不要再发了 | 不要再给我发信息 | 别再给我发了 | 停止发送 | 不想再收到短信 | 请勿发送 | 不要发短信 | 别打扰我 | 别推送了 | 不再接收 | 不要騷擾 | 唔好再发 | 莫再发了 | 甭给我发 | 请不要再傳簡訊 | 少发点广告 | 不要再打电话 | 请不要向我推送 | 你们别老给我发 | 不要再联系我',
    no: '分别发了两次 | 类别发票 | 特别好 | 别客气 | 请不要挂断 | 不要发货 | 不用发票 | 别发烧了 | 怎么不再发了 | 别人发的 | 还没收到 | 没有收到短信 | 再发一次 | 至少发一次 | 不要紧 | 不要发错了',
  },
  {
    id: 'threat',
    how: 'within',
    words:
      '再发投诉 再发举报 再发我投诉 再发我举报 再发就投诉 再发就举报 再发我就投诉 再发我就举报 再发报警 再发就报警 再发拉黑 再发就拉黑 再发我就拉黑 再骚扰 再打扰 再发我就报警 已拉黑 拉黑了 已经拉黑 已屏蔽 已举报 垃圾广告 别再烦',
    unless: '怎么拉黑 解除拉黑',
    yes: '再发就投诉 | 再发我就举报了 | 已拉黑 | 再骚扰我报警 | 垃圾广告',
    no: '我要投诉你们的服务 | 发票再发一次',
  },
  {
    id: 'english',
    how: 'word',
    words:
      'STOP STOPALL STOPP UNSUBSCRIBE UNSUBSCRIBED UNSUSCRIBE UNSUBCRIBE UNSUB OPTOUT OPTINGOUT OPTMEOUT REMOVEME TAKEMEOFF DELETEME LEAVEMEALONE DONOTSEND DONTSEND DONOTTEXT DONTTEXT DONOTCONTACT DONTCONTACT DONOTMESSAGE DONTMESSAGE DONOTDISTURB DONTDISTURB NOMORE NOTINTERESTED NOMOREMESSAGES NOSMS NOMESSAGES SCREWOFF PISSOFF FUCKOFF GOAWAY',
    unless: 'ONESTOP BUSSTOP NONSTOP STOPLOSS DONTSTOP WONTSTOP STOPBY FULLSTOP STOPOVER STOPWATCH PITSTOP NOMORETHAN',
    yes: 'STOP | stop. | Please stop | stop!! | unsubscribe | Unsubscribe me please | opt out | opt-out | remove me | do not send | Don’t text me | no more messages | not interested | stop stop stop',
    no: 'Where is the bus stop? | nonstop flight | stop loss | unstoppable | Thanks',
  },
  {
    id: 'english-alone',
    how: 'alone',
    words:
      'NO NOPE NOTHANKS NOTHANKYOU NONEED QUIT END CANCEL REJECT REFUSE REFUSED BLOCK BLOCKED SPAM REVOKE NOP OUT NIET',
    yes: 'no | NO! | No thanks | no, thank you | quit | END | cancel | nope | spam | nonono',
    no: 'NO.5 | No problem | Not yet | Now | Nice | November | Cancel my order | weekend',
  },
  {
    id: 'sign',
    how: 'alone',
    words: '🚫 ⛔ 🛑 🙅 🙅‍♂️ 🙅‍♀️',
    yes: '🚫 | 🛑🛑 | 🙅‍♀️',
    no: '👍 | 🙏 | 😂 | ？',
  },
];

/** What says nothing by itself: it is taken off both ends of a reply before `alone` is judged. */
export const courtesies =
  '唔該 谢谢您 谢谢你 谢谢你们 谢谢了 谢谢 多谢 感谢 您好 你好 你们好 好的 好 请 麻烦你 麻烦您 麻烦 拜托 了 吧 啊 呀 哦 啦 的 呢 嘛 哈 呵呵 哈哈 亲 嗯 嗯嗯 暂时 目前 暂 真的 真 都 以后 已经 已 辛苦了 对不起 不好意思 抱歉 先生 女士 小姐 客服 我 我们 本人 喇 就 也 这个 此 短信 信息 一下 死 快 赶紧 马上 立刻 给我 THANKS THANKYOU THANK THX TKS THKS PLEASE PLS PLZ SORRY HI HELLO DEAR SIR BYE NOW';

/** What stands before a code that somebody writes out: 回复R, 已发送TD. */
export const askedFor =
  '回复 回覆 回 回了 回复了 回过 回的是 发送 发 发了 输入 打 按 按了 选 选择 填 写 REPLY TEXT SEND';

/** Who asks about a code says nothing yet. */
export const askingAbout =
  '是什么 什么意思 啥意思 是啥 代表 指什么 指的是 干嘛 干什么 有什么用 怎么用 为什么要 为何要 有用吗 可以吗 是不是 MEANS WHATIS';

/** Ends of a question, or what makes one, when a letter and Chinese are written together: R还有吗. */
export const questions = '吗 么 呢 怎么 什么 多少 几 哪 为何 为啥 谁 多久';

/** What may stand between a refusal and its verb: 不要再给我发. */
export const fillers =
  '再 继续 给 向 对 跟 往 我们 我 你们 老是 老 总是 总 一直 天天 随便 乱 来 任何 这种 这样 此类 这类 到 任何人 让 有 人 点 些 们 用 以后 想 接 被 了';
