"""What `/-/patterns` says about the frame around every page."""

from openbureau.base.i18n import N_
from openbureau.shell.pattern_entry import NO_KEYS, NOT_PRINTED, Pattern

_FRAME = N_("页面外框")

FRAME_PATTERNS = (
    Pattern(
        "masthead",
        _FRAME,
        N_("顶栏"),
        N_(
            "每页最上面的深色一条：名称、单位、搜索、提醒、显示设置、身份切换；平台自己画，主题可以换名称和徽标。"
        ),
        N_("模块自己的动作；那些放在页首。"),
        N_("Alt+S 到搜索框，Tab 依次到达，Enter 打开，Esc 关闭打开的菜单。"),
        N_("不打印；纸上由打印页眉代替。"),
    ),
    Pattern(
        "menu",
        _FRAME,
        N_("主菜单"),
        N_(
            "左边按组排列的入口：当前一行加深，右边是待处理的数目，常用的排在最上面；可以收窄成一列图标。"
        ),
        N_("一个模块里的几种看法；那里用页签。"),
        N_("Tab 逐行，Enter 打开；查找框里写名称或拼音首字母，Enter 打开第一行，Esc 清空。"),
        NOT_PRINTED,
    ),
    Pattern(
        "page-tabs",
        _FRAME,
        N_("打开的页面"),
        N_("最近打开的页面排成一行，点名称回到原处，点叉号关闭；窄窗口里不出现。"),
        N_("同一张列表的几种看法；那里用页签。"),
        N_("Tab 逐个到达名称和叉号，Enter 打开或关闭。"),
        NOT_PRINTED,
    ),
    Pattern(
        "print-head",
        _FRAME,
        N_("打印页眉"),
        N_("打印件开头的一行：单位、标题、打印人和打印时间；平台自己印上，屏幕上不出现。"),
        N_("页面自己的标题；那里用页首。"),
        NO_KEYS,
        N_("只在打印件上出现。"),
    ),
)
