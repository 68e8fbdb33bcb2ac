"""Invented names of people, in the styles met in Yunnan."""

from random import Random

# Repeated characters make a surname that much more frequent.
_COMMON = (
    "李李李李李李杨杨杨杨杨王王王王王张张张张张赵赵赵陈陈陈刘刘刘周周黄黄马马徐徐朱朱罗罗"
    "何郭吴高林孙胡许邓唐董段段和和普普尹沈曾彭宋谢韩冯于郑梁蒋蔡贾丁魏薛叶阎余潘杜戴夏钟"
    "汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万雷钱汤常武乔赖龚文苏角鲁"
    "单解仇华查区盖翟覃缪保起师字茶代皮矣"
)
_LOCAL = {
    "5323": "普李杨起鲁罗",
    "5325": "普李白马龙",
    "5326": "陶侬陆王熊",
    "5329": "杨段赵李董尹张",
    "5307": "和木杨李",
    "5333": "余和邓胡褚",
}
_FIRST = "志文晓建玉思海永秀俊美红兴庆学成亚梦佳浩立正绍仕艳婷静云松金雅若培惠怀世承景素彩"
_SECOND = "华芬梅昌林松仙莲娟云峰芳娜雯欣怡荣祥顺良全超媛雁蓉菊萱轩然洁珍芝泉川谊宁彬楠萌"
_DAI = ("岩", "玉", "刀", "岩", "玉")
_DAI_GIVEN = ("温", "香", "叫", "罕", "坎", "应", "旺", "约", "喃", "恩", "胆", "保")
_TIBETAN = (
    "扎西",
    "次仁",
    "格桑",
    "洛桑",
    "卓玛",
    "央金",
    "拉姆",
    "顿珠",
    "旺堆",
    "尼玛",
    "达娃",
    "鲁茸",
    "此里",
    "培楚",
)
_TWO_CHARACTER_SURNAMES = ("欧阳", "尉迟", "上官", "令狐", "夏侯")


def invented_name(rng: Random, prefecture: str) -> str:
    """A name; `prefecture` is the first four digits of the unit's region."""
    draw = rng.random()
    if prefecture == "5334" and draw < 0.45:
        return "".join(rng.sample(_TIBETAN, 2))
    if prefecture in {"5328", "5331"} and draw < 0.35:
        return rng.choice(_DAI) + "".join(rng.sample(_DAI_GIVEN, 2))
    if draw > 0.996:
        return rng.choice(_TWO_CHARACTER_SURNAMES) + rng.choice(_SECOND)
    surnames = _LOCAL.get(prefecture, "")
    surname = rng.choice(surnames) if surnames and draw < 0.4 else rng.choice(_COMMON)
    first, second = rng.choice(_FIRST), rng.choice(_SECOND)
    return surname + first + second
