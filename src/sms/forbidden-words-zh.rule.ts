import type { MessageKind } from './sms-text.rule.ts';
import type { ForbiddenWord } from './forbidden-words.rule.ts';

type Category = {
  category: string;
  severity: Readonly<Record<MessageKind, ForbiddenWord['severity'] | null>>;
  words: string;
};

const everywhere = { marketing: 'error', notice: 'error' } as const;

// A start for an own list, not a ban list of any authority: the provider's review decides. Reasons per category:
const categories: readonly Category[] = [
  {
    // 广告法 Art. 9(3) bans superlatives and "national level" in advertising; in a notice they are only bad style.
    category: '绝对化用语',
    severity: { marketing: 'error', notice: 'warning' },
    words: `最佳 最优 最好 最低价 最便宜 最高级 最先进 最权威 最专业 最划算 最优惠 第一品牌 全国第一 全网第一 行业第一 销量第一 排名第一
      国家级 世界级 全球级 宇宙级 顶级 顶尖 极品 极致 绝无仅有 史无前例 前无古人 独一无二 全网最低 史上最低 唯一指定 国家领导人推荐 驰名商标
      特效 万能 永久有效 百分百 零风险 绝对安全 首选品牌 王牌`,
  },
  {
    // Alibaba refuses these topics in notices (H:463270); as promotion of credit they need a licence and go to a person.
    category: '贷款催收',
    severity: { marketing: 'warning', notice: 'error' },
    words: `贷款 催款 催收 上门追讨 上门催收 法律维权 逾期起诉 强制执行 列入失信 征信黑名单 套现 提额 放款 秒批 秒到账 免抵押 无抵押
      低息 零利息 借钱 借款 现金贷 网贷 校园贷 黑户可贷 下款 代还 信用卡代办 债务重组 停息挂账 反催收 征信修复`,
  },
  {
    category: '诈骗话术',
    severity: everywhere,
    words: `安全账户 公安局通知 法院传票 涉嫌洗钱 账户冻结 账号被冻结 刷单 兼职刷单 日赚千元 躺赚 稳赚不赔 保本高收益 高额返利 内幕消息
      荐股 牛股推荐 配资 中奖通知 恭喜您中奖 免费领取手机 解冻资金 退税通知 航班取消改签退款 点击链接领取 远程协助 屏幕共享 验证码告诉 代办证件 办假证 买卖银行卡`,
  },
  {
    category: '赌博',
    severity: everywhere,
    words: `赌博 赌场 博彩 百家乐 六合彩 时时彩 老虎机 网上投注 下注 外围投注 澳门赌场 棋牌充值 真人荷官 线上娱乐城 北京赛车 彩票预测 包赢 倍投`,
  },
  {
    category: '色情低俗',
    severity: everywhere,
    words: `色情 裸聊 约炮 一夜情 援交 招嫖 上门服务妹 成人电影 成人视频 情色 AV 小姐上门 同城交友约`,
  },
  {
    category: '违禁品',
    severity: everywhere,
    words: `毒品 冰毒 大麻 枪支 弹药 迷药 迷魂药 窃听器 假币 假发票 代开发票 电子烟 代孕 卖肾`,
  },
  {
    // Carriers read these as leading people off the channel ("引流").
    category: '引流',
    severity: { marketing: 'warning', notice: 'error' },
    words: `加微信 加薇信 加V 加vx 微信号 QQ群 加QQ 扫码进群 拉你进群 私聊 公众号搜索 下载APP领`,
  },
  {
    // A notice with these is a promotion in disguise; in a promotion they are the point.
    category: '营销用语',
    severity: { marketing: null, notice: 'warning' },
    words: `优惠 折扣 特价 促销 秒杀 抢购 满减 优惠券 代金券 红包 大促 钜惠 限时 免费领 赠送 送好礼 买一送一 抽奖 清仓 开业酬宾 会员日 新品上市`,
  },
];

/** The words that Waihu ships with, for one kind of message. */
export function forbiddenWordsFor(kind: MessageKind): ForbiddenWord[] {
  return categories.flatMap(({ category, severity, words }) => {
    const level = severity[kind];
    return level ? words.split(/\s+/).map((word) => ({ word, category, severity: level })) : [];
  });
}

/** Harmless words that contain a forbidden one. */
export const allowedWords: readonly string[] = [
  '最佳实践',
  '借款人',
  '借款合同',
  '还款',
  '特效药',
  '王牌飞行员',
  '顶级域名',
  '最好在',
];
