"""What kinds of jobs are called."""

from openbureau.base.i18n import N_, Catalogue
from openbureau.base.plugins import Plugins

CORE_LABELS = {
    "core.verify_audit": N_("核验审计"),
    "core.check_files": N_("检查文件"),
    "core.read_sync": N_("目录同步预演"),
    "core.apply_sync": N_("写入目录同步"),
    "core.scheduled_sync": N_("定时目录同步"),
    "core.check_import": N_("检查导入的表格"),
    "core.apply_import": N_("导入表格"),
    "core.undo_import": N_("撤销导入"),
    "core.end_retention": N_("清除到期的个人信息"),
    "core.build_index": N_("重建搜索索引"),
    "core.run_bulk": N_("成批办理"),
    "core.export_register": N_("导出台账"),
    "core.convert_document": N_("转换文档以便预览"),
}


def job_label(catalogue: Catalogue, plugins: Plugins, kind: str) -> str:
    """What a kind of job is called in a language."""
    if kind in CORE_LABELS:
        return catalogue.gettext(CORE_LABELS[kind])
    record = plugins.records.get(kind.partition(".")[0])
    if record is None:
        return kind
    for job in record.declared.jobs:
        if job.kind == kind and job.label:
            return catalogue.gettext(job.label)
    return f"{record.label(catalogue.language)} {kind.partition('.')[2]}"
