namespace Torpor.Images;

internal static partial class RequiredFields
{
    /// <summary>
    /// For each message that has required fields, itself or inside: its name, the tags of those fields, and the tags and
    /// types of the messages in it that are on this list. A tag is the field's number and wire type as they are encoded.
    /// A test compares this with the .proto files and prints the lines that it should have.
    /// </summary>
    internal const string Table = """
        aa_namespace | 10 | 18:aa_policy 26:aa_namespace
        aa_policy | 10 18 |
        aio_ring_entry | 8 16 24 |
        apparmor_entry |  | 10:aa_namespace
        autofs_entry | 8 16 24 32 40 48 |
        binfmt_misc_entry | 10 16 26 |
        bpfmap_data_entry | 8 16 24 32 |
        bpfmap_file_entry | 8 16 24 34 40 48 56 64 72 80 88 96 106 112 | 34:fown_entry
        cg_controller_entry |  | 18:cgroup_dir_entry
        cg_member_entry | 10 18 |
        cg_set_entry | 8 | 18:cg_member_entry
        cgroup_dir_entry | 10 | 18:cgroup_dir_entry 26:cgroup_prop_entry 34:cgroup_perms
        cgroup_entry |  | 10:cg_set_entry 18:cg_controller_entry
        cgroup_perms | 8 16 24 |
        cgroup_prop_entry | 10 18 | 26:cgroup_perms
        cgroup_root | 18 |
        core_entry | 8 | 18:thread_info_x86 26:task_core_entry 34:task_kobj_ids_entry 42:thread_core_entry 50:thread_info_arm 66:thread_info_aarch64 74:thread_info_ppc64 82:thread_info_s390 90:thread_info_mips 98:thread_info_loongarch64 106:thread_info_riscv64
        cpuinfo_entry |  | 10:cpuinfo_x86_entry 18:cpuinfo_ppc64_entry
        cpuinfo_ppc64_entry | 8 |
        cpuinfo_x86_entry | 8 16 24 32 40 |
        creds_entry | 8 16 24 32 40 48 56 64 104 |
        criu_opts | 8 | 154:criu_veth_pair 186:ext_mount_map 202:cgroup_root 218:inherit_fd 266:unix_sk 314:join_namespace
        criu_req | 8 | 18:criu_opts
        criu_resp | 8 16 | 34:criu_restore_resp 82:criu_version
        criu_restore_resp | 8 |
        criu_version | 8 16 |
        criu_veth_pair | 10 18 |
        dump_stats_entry | 8 16 24 32 40 48 56 72 |
        eventfd_file_entry | 8 16 26 32 | 26:fown_entry
        eventpoll_file_entry | 8 16 26 | 26:fown_entry 34:eventpoll_tfd_entry
        eventpoll_tfd_entry | 8 16 24 32 |
        ext_file_entry | 8 42 | 42:fown_entry
        ext_mount_map | 10 18 |
        fanotify_file_entry | 8 16 26 32 40 | 26:fown_entry 50:fanotify_mark_entry
        fanotify_inode_mark_entry | 8 18 | 18:fh_entry
        fanotify_mark_entry | 8 16 24 32 40 48 | 58:fanotify_inode_mark_entry 66:fanotify_mount_mark_entry
        fanotify_mount_mark_entry | 8 |
        fdinfo_entry | 8 16 24 32 |
        fh_entry | 8 16 |
        fifo_entry | 8 16 |
        file_entry | 8 16 | 26:reg_file_entry 34:inet_sk_entry 42:ns_file_entry 50:packet_sock_entry 58:netlink_sk_entry 66:eventfd_file_entry 74:eventpoll_file_entry 82:signalfd_entry 90:tunfile_entry 98:timerfd_entry 106:inotify_file_entry 114:fanotify_file_entry 122:ext_file_entry 130:unix_sk_entry 138:fifo_entry 146:pipe_entry 154:tty_file_entry 162:memfd_file_entry 170:bpfmap_file_entry 178:pidfd_entry
        file_lock_entry | 8 16 24 32 40 48 |
        file_perms_entry | 8 16 24 |
        fown_entry | 8 16 24 32 40 |
        fs_entry | 8 16 |
        ghost_chunk_entry | 8 16 |
        ghost_file_entry | 8 16 24 | 58:timeval 66:timeval
        img_streamer_reply_entry | 8 |
        img_streamer_request_entry | 10 |
        inet_sk_entry | 8 16 24 32 40 48 56 64 72 80 106 114 | 106:fown_entry 114:sk_opts_entry 40002:torpor_socket_option
        inherit_fd | 10 16 |
        inotify_file_entry | 8 16 34 | 34:fown_entry 42:inotify_wd_entry
        inotify_wd_entry | 8 16 24 32 40 48 58 | 58:fh_entry
        inventory_entry | 8 | 26:task_kobj_ids_entry
        ipc_desc_entry | 8 16 24 32 40 48 56 |
        ipc_msg | 8 16 |
        ipc_msg_entry | 10 16 24 | 10:ipc_desc_entry
        ipc_sem_entry | 10 16 | 10:ipc_desc_entry
        ipc_shm_entry | 10 16 | 10:ipc_desc_entry
        ipc_var_entry | 16 24 32 40 48 56 64 72 80 88 96 |
        irmap_cache_entry | 8 16 26 |
        itimer_entry | 8 16 24 32 |
        join_namespace | 10 18 |
        macvlan_link_entry | 8 |
        memfd_file_entry | 8 16 24 34 40 | 34:fown_entry
        memfd_inode_entry | 10 16 24 32 40 48 56 |
        mm_entry | 8 16 24 32 40 48 56 64 72 80 88 96 | 114:vma_entry 130:aio_ring_entry
        mnt_entry | 8 16 24 32 40 50 58 66 74 |
        net_device_entry | 8 16 24 32 42 | 50:tun_link_entry 74:sysctl_entry 82:sysctl_entry 90:macvlan_link_entry
        netlink_sk_entry | 8 16 24 32 48 56 72 80 90 98 | 90:fown_entry 98:sk_opts_entry 40010:torpor_socket_option
        netns_entry |  | 26:sysctl_entry 34:sysctl_entry 42:sysctl_entry 50:sysctl_entry 58:netns_id 74:sysctl_entry
        netns_id | 8 16 |
        ns_file_entry | 8 16 24 32 |
        pac_address_keys | 8 16 24 32 40 48 56 64 72 |
        pac_generic_keys | 8 16 |
        pac_keys |  | 50:pac_address_keys 58:pac_generic_keys
        packet_mclist | 8 16 26 |
        packet_ring | 8 16 24 32 40 48 56 |
        packet_sock_entry | 8 16 24 32 40 50 58 64 72 80 88 96 104 112 120 | 50:fown_entry 58:sk_opts_entry 130:packet_mclist 146:packet_ring 154:packet_ring 40010:torpor_socket_option
        pagemap_blocks | 16 24 |
        pagemap_entry | 8 16 | 50:pagemap_blocks
        pagemap_head | 8 |
        pidfd_entry | 8 16 24 32 42 | 42:fown_entry
        pipe_data_entry | 8 16 |
        pipe_entry | 8 16 24 34 | 34:fown_entry
        posix_timer_entry | 8 16 24 32 40 48 56 64 72 80 |
        pstree_entry | 8 16 24 32 |
        reg_file_entry | 8 16 24 42 50 | 42:fown_entry
        remap_file_path_entry | 8 16 |
        restore_stats_entry | 8 16 24 32 |
        rlimit_entry | 8 16 |
        rseq_entry | 8 16 24 |
        sa_entry | 8 16 24 32 |
        scm_entry | 8 |
        seccomp_entry |  | 10:seccomp_filter
        seccomp_filter | 10 |
        siginfo_entry | 10 |
        signal_queue_entry |  | 10:siginfo_entry
        signalfd_entry | 8 16 26 32 | 26:fown_entry
        sk_opts_entry | 8 16 24 32 40 48 |
        sk_packet_entry | 8 16 | 34:scm_entry 1026:sk_ucred_entry
        sk_ucred_entry | 8 16 24 |
        stats_entry |  | 10:dump_stats_entry 18:restore_stats_entry
        sysctl_entry | 8 |
        task_core_entry | 8 16 24 32 40 50 | 58:task_timers_entry 66:task_rlimits_entry 82:signal_queue_entry 122:sa_entry
        task_kobj_ids_entry | 8 16 24 32 |
        task_rlimits_entry |  | 10:rlimit_entry
        task_timers_entry | 10 18 26 | 10:itimer_entry 18:itimer_entry 26:itimer_entry 34:posix_timer_entry
        tcp_stream_entry | 8 16 24 32 40 48 56 |
        termios_entry | 8 16 24 32 40 48 56 |
        thread_core_entry | 8 16 | 58:thread_sas_entry 74:signal_queue_entry 82:creds_entry 122:rseq_entry
        thread_info_aarch64 | 8 16 26 34 | 26:user_aarch64_regs_entry 34:user_aarch64_fpsimd_context_entry 42:pac_keys
        thread_info_arm | 8 16 26 34 | 26:user_arm_regs_entry 34:user_arm_vfpstate_entry
        thread_info_loongarch64 | 8 16 26 34 | 26:user_loongarch64_gpregs_entry 34:user_loongarch64_fpregs_entry
        thread_info_mips | 8 16 26 34 | 26:user_mips_regs_entry 34:user_mips_fpregs_entry
        thread_info_ppc64 | 8 18 | 18:user_ppc64_regs_entry 34:user_ppc64_vrstate_entry 50:user_ppc64_tm_regs_entry
        thread_info_riscv64 | 8 16 26 34 | 26:user_riscv64_regs_entry 34:user_riscv64_d_ext_entry
        thread_info_s390 | 8 18 26 | 18:user_s390_regs_entry 26:user_s390_fpregs_entry 66:user_s390_ri_entry
        thread_info_x86 | 8 18 26 | 18:user_x86_regs_entry 26:user_x86_fpregs_entry 34:user_desc_t
        thread_sas_entry | 8 16 24 |
        timens_entry | 10 18 | 10:timespec 18:timespec
        timerfd_entry | 8 16 26 32 40 48 56 64 72 80 | 26:fown_entry
        timespec | 8 16 |
        timeval | 8 16 |
        torpor_socket_option | 8 16 26 |
        tty_data_entry | 8 18 |
        tty_file_entry | 8 16 24 34 | 34:fown_entry
        tty_info_entry | 8 16 24 32 40 48 56 64 | 74:termios_entry 82:termios_entry 90:winsize_entry 98:tty_pty_entry
        tty_pty_entry | 8 |
        tun_link_entry | 8 16 24 32 40 |
        tunfile_entry | 8 |
        uid_gid_extent | 8 16 24 |
        unix_sk | 8 |
        unix_sk_entry | 8 16 24 32 40 48 56 64 74 82 90 | 74:fown_entry 82:sk_opts_entry 106:file_perms_entry 40034:torpor_socket_option
        user_aarch64_fpsimd_context_entry | 16 24 |
        user_aarch64_regs_entry | 16 24 32 |
        user_arm_regs_entry | 8 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 136 144 |
        user_arm_vfpstate_entry | 16 24 32 40 |
        user_desc_t | 8 16 24 32 40 48 56 64 72 80 |
        user_loongarch64_fpregs_entry | 16 24 |
        user_loongarch64_gpregs_entry | 16 |
        user_mips_fpregs_entry | 8 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 136 144 152 160 168 176 184 192 200 208 216 224 232 240 248 256 264 272 280 288 |
        user_mips_regs_entry | 8 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 136 144 152 160 168 176 184 192 200 208 216 224 232 240 248 256 264 272 280 288 296 304 |
        user_ppc64_regs_entry | 16 24 32 40 48 56 64 72 |
        user_ppc64_tm_regs_entry | 10 | 10:user_ppc64_regs_entry 26:user_ppc64_vrstate_entry
        user_ppc64_vrstate_entry | 16 |
        user_riscv64_d_ext_entry | 16 |
        user_riscv64_regs_entry | 8 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 136 144 152 160 168 176 184 192 200 208 216 224 232 240 248 256 |
        user_s390_fpregs_entry | 8 |
        user_s390_regs_entry | 8 16 40 48 |
        user_s390_ri_entry | 8 |
        user_x86_cet_entry | 8 16 |
        user_x86_fpregs_entry | 8 16 24 32 40 48 56 64 | 106:user_x86_xsave_entry
        user_x86_regs_entry | 8 16 24 32 40 48 56 64 72 80 88 96 104 112 120 128 136 144 152 160 168 176 184 192 200 208 216 |
        user_x86_xsave_entry | 8 | 74:user_x86_cet_entry
        userns_entry |  | 10:uid_gid_extent 18:uid_gid_extent
        utsns_entry | 10 18 |
        vma_entry | 8 16 24 32 40 48 56 64 |
        winsize_entry | 8 16 24 32 |
        """;
}
