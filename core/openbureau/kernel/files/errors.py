"""Why a file was not taken or cannot be given."""

from openbureau.base.errors import Conflict, Invalid, NotFound, TooLarge, TooMany, Unavailable
from openbureau.base.i18n import N_


class FileEmpty(Invalid):
    code = "FILE-001"
    what = N_("文件「%(name)s」是空的。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("请检查原文件后重新选择。")


class FileTooLarge(TooLarge):
    code = "FILE-002"
    what = N_("文件「%(name)s」超过了 %(limit_mb)s MB 的上限。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("请压缩或拆分后重新选择。")


class FileTypeRefused(Invalid):
    code = "FILE-003"
    what = N_("文件「%(name)s」的类型不在允许之列。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("可以上传：%(allowed)s。请转换格式后重新选择。")


class FileTypeMismatch(Invalid):
    code = "FILE-004"
    what = N_("文件「%(name)s」的内容与扩展名不符，或文件已损坏。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("请用原软件打开并重新保存后再选择。")


class ArchiveRefused(Invalid):
    code = "FILE-005"
    what = N_("文件「%(name)s」解压后会大得异常，或内含过多的成员，没有保存。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("请用原软件打开并另存为新文件；内容确实很多时，分成几个文件后重新选择。")


class FileGone(NotFound):
    code = "FILE-006"
    what = N_("文件「%(name)s」的内容已不在存储中。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("请重新选择该文件；若是已有附件，请把错误号告诉系统管理员从备份中恢复。")


class StoreUnavailable(Unavailable):
    code = "FILE-007"
    what = N_("附件存储空间已满或不可写，文件「%(name)s」没有保存。")
    unaffected = N_("已保存的附件和您填写的内容都还在。")
    remedy = N_("请把错误号告诉系统管理员；空间恢复后可重新提交。")


class PieceOutOfPlace(Conflict):
    code = "FILE-008"
    what = N_("这一段不接在已经收到的内容之后。")
    unaffected = N_("已收到的部分都还在。")
    remedy = N_("请从已收到的位置继续传。")


class UploadsUnfinished(TooMany):
    code = "FILE-009"
    what = N_("您有 %(total)s 个文件还没有传完。")
    unaffected = N_("已传的部分保留两天。")
    remedy = N_("请先传完或取消其中几个，再传新的文件。")


class QuotaExceeded(TooLarge):
    code = "FILE-010"
    what = N_("文件「%(name)s」没有保存：您的附件已用 %(used_mb)s MB，配额是 %(quota_mb)s MB。")
    unaffected = N_("已有的附件和您填写的内容都还在。")
    remedy = N_("请删除不用的附件，或请系统管理员调整本单位的配额。")


class MacrosRefused(Invalid):
    code = "FILE-011"
    what = N_("文件「%(name)s」含有宏，没有保存。")
    unaffected = N_("其他文件和您填写的内容都还在。")
    remedy = N_("请用 WPS 或 Office 另存为不含宏的 .xlsx、.docx 或 .pptx 后重新选择。")
